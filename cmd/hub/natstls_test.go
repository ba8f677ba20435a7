package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"exthub/kv/kvtest"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	own := &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority of a test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = a.certify(own)
	return a
}

// certify returns a certificate for a new key, signed by the authority, or by itself for the
// authority's own.
func (a *authority) certify(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// file returns the path of the authority's certificate.
func (a *authority) file() string {
	a.t.Helper()
	return pemFile(a.t, "CERTIFICATE", a.cert.Raw)
}

func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	return writeTempFile(t, "file.pem", string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// secure is an option of a node: clients need TLS, and see a certificate of the authority for this
// address.
func (a *authority) secure(address string) func(*server.Options) {
	cert, key := a.certify(&x509.Certificate{IPAddresses: []net.IP{net.ParseIP(address)}})
	return func(o *server.Options) {
		o.TLS, o.TLSTimeout = true, testTimeout.Seconds()
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
	}
}

// operator makes accounts as nsc does, and returns the option of a node that trusts it, and the
// path of a credentials file for the only account that may store.
func operator(t *testing.T) (option func(*server.Options), creds string) {
	t.Helper()
	must := func(value string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	pair := func(kp nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return kp, must(kp.PublicKey())
	}
	op, opID := pair(nkeys.CreateOperator())
	_, systemID := pair(nkeys.CreateAccount())
	acc, accID := pair(nkeys.CreateAccount())
	user, userID := pair(nkeys.CreateUser())
	trusted := jwt.NewOperatorClaims(opID)
	trusted.SystemAccount = systemID
	account := jwt.NewAccountClaims(accID)
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: -1, MemoryStorage: -1, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
	}
	resolver := &server.MemAccResolver{}
	for id, claims := range map[string]*jwt.AccountClaims{accID: account, systemID: jwt.NewAccountClaims(systemID)} {
		if err := resolver.Store(id, must(claims.Encode(op))); err != nil {
			t.Fatal(err)
		}
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.FormatUserConfig(must(jwt.NewUserClaims(userID).Encode(acc)), seed)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *server.Options) {
		o.TrustedOperators, o.SystemAccount, o.AccountResolver = []*jwt.OperatorClaims{trusted}, systemID, resolver
	}, writeTempFile(t, "hub.creds", string(text))
}

// TestNATSWithTLSAndCredentials: a hub stores in a cluster with TLS, an authority of its own and
// accounts.
func TestNATSWithTLSAndCredentials(t *testing.T) {
	a := newAuthority(t)
	accounts, creds := operator(t)
	node := kvtest.Start(t, kvtest.Listening, a.secure("127.0.0.1"), accounts)
	h := startHub(t, "--nats-url", node.URL(), "--nats-ca", a.file(), "--nats-creds", creds, "--secret-key", key)
	if h.login("ada").Send("C2C", "bo").ID == "" {
		t.Error("nothing is stored")
	}
	h.waitForStatus("/readyz", http.StatusOK)
	h.stop()
}

// TestTLSOfTheComposeFile: the nodes' TLS, as deploy/nats.conf has it in comments, is what a hub
// with --nats-ca takes.
func TestTLSOfTheComposeFile(t *testing.T) {
	a := newAuthority(t)
	cert, private := a.certify(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	_, tail, _ := strings.Cut(readRepoFile(t, "deploy/nats.conf"), "\n# tls {")
	block, _, _ := strings.Cut("\n# tls {"+tail, "\n# }")
	conf := strings.NewReplacer("\n#", "\n", "/etc/nats/tls/node.pem", pemFile(t, "CERTIFICATE", cert.Raw),
		"/etc/nats/tls/node.key", pemFile(t, "PRIVATE KEY", der), "/etc/nats/tls/ca.pem", a.file(),
	).Replace(block + "\n# }")
	o, err := server.ProcessConfigFile(writeTempFile(t, "nats.conf", conf))
	if err != nil || o.TLSConfig == nil {
		t.Fatalf("%v in\n%s", err, conf)
	}
	node := kvtest.Start(t, kvtest.Listening, func(set *server.Options) {
		set.TLS, set.TLSConfig, set.TLSTimeout = true, o.TLSConfig, testTimeout.Seconds()
	})
	h := startHub(t, "--nats-url", node.URL(), "--nats-ca", a.file(), "--secret-key", key)
	h.waitForStatus("/readyz", http.StatusOK)
	h.stop()
}

// Somebody between a hub and NATS shows a certificate of another authority or for another host, or
// offers no TLS at all, to read and write what is stored. The hub does not talk to it, and says
// which setting to look at; neither does it with credentials that are refused.
func TestSomebodyElsesNATS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	accounts, _ := operator(t)
	_, others := operator(t)
	for name, tt := range map[string]struct {
		node []func(*server.Options)
		args []string
		says string
	}{
		"another authority": {
			[]func(*server.Options){newAuthority(t).secure("127.0.0.1")}, nil,
			"is from none of the authorities in --nats-ca",
		},
		"another host": {[]func(*server.Options){a.secure("127.0.0.2")}, nil, "is not for the host in --nats-url"},
		"no TLS":       {nil, nil, "offers no TLS, which --nats-ca and tls:// ask for"},
		"other accounts": {
			[]func(*server.Options){a.secure("127.0.0.1"), accounts}, []string{"--nats-creds", others},
			"refuses the user in --nats-url or --nats-creds",
		},
		"credentials that are none": {
			[]func(*server.Options){a.secure("127.0.0.1"), accounts}, []string{"--nats-creds", a.file()},
			"--nats-creds",
		},
	} {
		t.Run(name, func(t *testing.T) {
			node := kvtest.Start(t, append([]func(*server.Options){kvtest.Listening}, tt.node...)...)
			address := strings.Replace(node.URL(), "tls://", "nats://", 1)
			h := spawnHub(t, append([]string{"--nats-url", address, "--nats-ca", a.file(), "--secret-key", key},
				tt.args...)...)
			h.waitForLog(tt.says)
			h.interrupt()
		})
	}
}

// TestCAFileThatIsNone: a file without a certificate ends the start with a sentence.
func TestCAFileThatIsNone(t *testing.T) {
	_, stderr, code := runCommand(t, "--addr", "127.0.0.1:0", "--admin-addr", "", "--nats-url", "nats://127.0.0.1:1",
		"--nats-ca", writeTempFile(t, "ca.pem", "no certificate"), "--secret-key", key)
	if code != 2 || !strings.Contains(stderr, "holds no certificate") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// The password of the hubs is changed at NATS before it is changed here, or by mistake. A hub that
// is refused says so, tries on, and is ready again without a restart.
func TestNATSPasswordChanges(t *testing.T) {
	o := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
		Username: "hub", Password: "before",
	}
	refused := &routeLog{refused: make(chan struct{}, 1000)}
	var node *server.Server
	stop := func() { node.Shutdown(); node.WaitForShutdown() }
	start := func() {
		t.Helper()
		var err error
		if node, err = server.NewServer(o); err != nil {
			t.Fatal(err)
		}
		node.SetLoggerV2(refused, false, false, false)
		if node.Start(); !node.ReadyForConnections(testTimeout) {
			t.Fatal("the node does not start")
		}
	}
	start()
	t.Cleanup(func() { stop() })
	// A server that reloads its options writes what its clients read, without a lock
	change := func(password string) {
		t.Helper()
		o.Port, o.Password = node.Addr().(*net.TCPAddr).Port, password
		stop()
		start()
	}
	h := startHub(t, "--nats-url", "nats://hub:before@"+node.Addr().String(), "--secret-key", key)
	h.waitForStatus("/readyz", http.StatusOK)
	change("after")
	for range 4 { // by then a client gives up that is not told otherwise
		select {
		case <-refused.refused:
		case <-time.After(testTimeout):
			t.Fatalf("the hub does not try on:\n%s", h.logged())
		}
	}
	h.waitForLog("refuses the user")
	if log := h.logged(); strings.Contains(log, "before") {
		t.Errorf("the password is in the log:\n%s", log)
	}
	change("before")
	h.waitForStatus("/readyz", http.StatusOK)
	h.stop()
}
