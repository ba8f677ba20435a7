// UserSigs that Tencent's public package makes, as backends use it, at both doors of a real hub.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import tls from 'tls-sig-api-v2';
import { Hub } from '../hub.js';
import { call, logIn } from './backend.js';

const secretKey = '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e';
const sdkappid = 88888888;
const api = new tls.Api(sdkappid, secretKey);
const timeout = 60_000;

let hub;
before(
  async () => {
    hub = await Hub.start('--secret-key', secretKey, '--sdkappid', String(sdkappid));
  },
  { timeout: 300_000 },
);
after(() => hub.stop());

const unpack = (sig) =>
  inflateSync(
    Buffer.from(sig.replace(/\*/g, '+').replace(/-/g, '/').replace(/_/g, '='), 'base64'),
  ).toString();
const pack = (text) =>
  deflateSync(text).toString('base64').replace(/\+/g, '*').replace(/\//g, '-').replace(/=/g, '_');
/** The UserSig with some claims changed, under the old signature. */
const alter = (sig, changes) => pack(JSON.stringify({ ...JSON.parse(unpack(sig)), ...changes }));

const command = 'group_open_http_svc/destroy_group';
const door = {
  rest: async (usersig, identifier = 'admin') =>
    (await call(hub, { sdkappid, identifier, usersig }, command, { GroupId: 'nowhere' })).ErrorCode,
  socket: (usersig, identifier = 'admin') => logIn(hub, { sdkappid, identifier, usersig }),
};
const noSuchGroup = 10010; // the command was reached

test('a UserSig of the public package opens both doors', { timeout }, async () => {
  for (const user of ['admin', 'x'.repeat(32), 'a b/c+d=e"f']) {
    const usersig = api.genSig(user, 86400);
    assert.equal(await door.socket(usersig, user), 0, user);
    assert.equal(await door.rest(usersig, user), user === 'admin' ? noSuchGroup : 60010, user);
  }
  const forVideo = api.genPrivateMapKey('admin', 3600, 10000, 255);
  assert.equal(await door.socket(forVideo), 0);
  assert.equal(await door.rest(forVideo), noSuchGroup);
});

test(
  'one that is not as it was made is refused, with its code, at both doors',
  { timeout },
  async (t) => {
    const good = api.genSig('admin', 3600);
    const claims = JSON.parse(unpack(good));
    const anHourAgo = t.mock.method(Date, 'now', () => (claims['TLS.time'] - 3600) * 1000);
    const old = api.genSig('admin', 3599);
    anHourAgo.mock.restore();
    const cases = {
      'altered: longer validity': [alter(good, { 'TLS.expire': 9999999 }), 70009],
      'altered: later time of issue': [alter(good, { 'TLS.time': claims['TLS.time'] + 1 }), 70009],
      'altered: another user': [
        alter(api.genSig('eve', 3600), { 'TLS.identifier': 'admin' }),
        70009,
      ],
      'altered: a userbuf that was not signed': [alter(good, { 'TLS.userbuf': 'AAAA' }), 70009],
      'altered: the signature': [
        alter(good, { 'TLS.sig': claims['TLS.sig'].replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) }),
        70009,
      ],
      'altered: no signature': [alter(good, { 'TLS.sig': '' }), 70009],
      'expired a second ago': [old, 70001],
      'valid for no time': [api.genSig('admin', -1), 70003],
      'foreign: another key': [
        new tls.Api(sdkappid, 'another key, which is long enough').genSig('admin', 3600),
        70009,
      ],
      'foreign: another app': [new tls.Api(1400000000, secretKey).genSig('admin', 3600), 70014],
      'foreign: another user': [api.genSig('eve', 3600), 70013],
      'truncated by a character': [good.slice(0, -1), 70003],
      'truncated to half': [good.slice(0, good.length / 2), 70003],
      'truncated to one character': [good.slice(0, 1), 70003],
      empty: ['', 70002],
      'not a UserSig': ['xxx', 70003],
      'with something behind it': [`${good}${good}`, 70003],
      'huge when inflated': [
        pack(JSON.stringify({ ...claims, padding: ' '.repeat(2_000_000) })),
        70003,
      ],
    };
    for (const [name, [usersig, code]] of Object.entries(cases)) {
      await t.test(name, async () => {
        assert.equal(await door.rest(usersig), code, 'REST');
        assert.equal(await door.socket(usersig), code, 'WebSocket');
      });
    }
  },
);

test('a huge one is refused before it is looked at', { timeout }, async () => {
  assert.equal(await door.rest('A'.repeat(12_000)), 70003);
  assert.equal(await door.socket('A'.repeat(3_500)), 70003);
  // Larger ones the transport refuses: the first frame and HTTP headers have limits.
  assert.equal(await door.socket('A'.repeat(100_000)), 4400);
  await assert.rejects(door.rest('A'.repeat(100_000)), { message: 'HTTP 431' });
  assert.equal(await door.rest(api.genSig('admin', 3600)), noSuchGroup);
});
