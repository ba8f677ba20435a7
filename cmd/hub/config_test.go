package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const key = "a key of more than sixteen bytes"

func writeTempFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustParse(t *testing.T, args ...string) Config {
	t.Helper()
	var c cli
	if _, err := parse(&c, args); err != nil {
		t.Fatal(err)
	}
	return c.Config
}

// TestDefaults: the names and defaults are a contract with every script that starts a hub.
func TestDefaults(t *testing.T) {
	want := Config{
		Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:9090",
		SDKAppID: 1400000000, Admin: []string{"admin"},
		Data: "./data", Sync: SyncMode{Always: true}, Replicas: 1,
		MaxExtensions: 300, MaxExtensionsCeiling: 100_000, MaxExtensionsPerRequest: 20, MaxKeyBytes: 100,
		MaxValueBytes: 1000, MaxTombstones: 300, MaxGroups: 1000, MessageRate: 200, OwnRate: 30,
		RESTRate: 200, GuestRate: 300, MaxConnections: 100_000, MaxConnectionsPerAddress: 10_000,
		Heartbeat: 25 * time.Second, EventInterval: 50 * time.Millisecond, WriteTimeout: 10 * time.Second,
		LameDuck: 5 * time.Second, Drain: 30 * time.Second,
	}
	got := mustParse(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.demo() {
		t.Error("the demo is off on loopback")
	}
}

func TestPrecedence(t *testing.T) {
	file := writeTempFile(t, "hub.yaml", `
# A comment.
data: from-file
max-extensions: 11
max-key-bytes: 11
sync: 2m
demo: false
secret-key: 00000000000000001234 # digits stay digits
admin: [root, "a,b"]
allowed-origin:
  - https://a.example
  - https://b.example
`)
	t.Setenv("HUB_CONFIG", file)
	t.Setenv("HUB_MAX_KEY_BYTES", "22")
	t.Setenv("HUB_DATA", "from-env")
	t.Setenv("HUB_ADMIN_ADDR", "")
	got := mustParse(t, "--data", "from-flag")

	if got.Data != "from-flag" {
		t.Errorf("data %q: a flag wins over the environment and the file", got.Data)
	}
	if got.MaxKeyBytes != 22 {
		t.Errorf("max-key-bytes %d: the environment wins over the file", got.MaxKeyBytes)
	}
	if got.AdminAddr != "" {
		t.Errorf("admin-addr %q: set to nothing in the environment, it is off", got.AdminAddr)
	}
	if got.MaxExtensions != 11 || got.Sync.Every != 2*time.Minute || got.demo() ||
		got.SecretKey != "00000000000000001234" {
		t.Errorf("the file wins over the defaults, got %+v", got)
	}
	if diff := cmp.Diff([]string{"root", "a,b"}, got.Admin); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"https://a.example", "https://b.example"}, got.AllowedOrigin); diff != "" {
		t.Error(diff)
	}
	if got.MaxValueBytes != 1000 {
		t.Errorf("max-value-bytes %d: what nobody sets keeps its default", got.MaxValueBytes)
	}
}

// TestEveryFlagHasItsVariable: every field can be set in all three ways under the names that the
// manual gives.
func TestEveryFlagHasItsVariable(t *testing.T) {
	for name, env := range flagNames(t) {
		if want := "HUB_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); env != want {
			t.Errorf("--%s has the variable %s, want %s", name, env, want)
		}
	}
	if got, want := len(flagNames(t)), reflect.TypeFor[Config]().NumField(); got != want {
		t.Errorf("%d flags for %d fields", got, want)
	}
}

func TestRefused(t *testing.T) {
	t.Chdir(filepath.Dir(writeTempFile(t, "ca.pem", ""))) // the path of the folder may have spaces
	for name, text := range map[string]string{
		"three": strings.Repeat("0123456789abcdef\n", 3), "short": "0123456789abcdef\nshort\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		args string
		want string // what to set, in the error's words
	}{
		"PublicWithoutKey":    {"--addr 0.0.0.0:8080", "set --secret-key"},
		"EveryInterface":      {"--addr :8080", "set --secret-key"},
		"NameThatMayBePublic": {"--addr example.com:8080", "set --secret-key"},
		"PublicDemo": {"--demo --addr 0.0.0.0:8080 --secret-key " + strings.ReplaceAll(key, " ", "_"),
			"set --no-demo"},
		"DemoWithKey":         {"--demo --secret-key 0123456789abcdef", "set --no-demo"},
		"ShortKey":            {"--secret-key 0123456789abcde", "at least 16"},
		"OneLetterKey":        {"--secret-key aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a random one"},
		"ThreeLetterKey":      {"--secret-key abcabcabcabcabcabc", "a random one"},
		"KeyTwice":            {"--secret-key 0123456789abcdef --secret-key-file ca.pem", "leave one out"},
		"NoKeyInFile":         {"--secret-key-file ca.pem", "holds 0 keys"},
		"ThreeKeysInFile":     {"--secret-key-file three", "holds 3 keys"},
		"ShortKeyInFile":      {"--secret-key-file short", "key 2 in short has 5 bytes"},
		"NoKeyFile":           {"--secret-key-file nowhere", "no such file"},
		"NoPort":              {"--addr localhost", "HOST:PORT"},
		"NoAdminPort":         {"--admin-addr localhost", "HOST:PORT"},
		"LANWithDemo":         {"--lan --demo", "leave one out"},
		"AdminLikeAGuest":     {"--guests --admin guest-1", "does not begin with guest-"},
		"GuestRateNegative":   {"--guest-rate=-1", "set 0 to"},
		"App0":                {"--sdkappid 0", "--sdkappid"},
		"AppNegative":         {"--sdkappid=-1", "--sdkappid"},
		"OriginWithoutScheme": {"--allowed-origin app.example.com", "https://"},
		"OriginWithPath":      {"--allowed-origin https://app.example.com/x", "leave out the path"},
		"OriginWithWildcard":  {"--allowed-origin https://*.example.com", "name every origin"},
		"ClusterWithoutKey":   {"--nats-url nats://n", "set --secret-key"},
		"ClusterWithSync":     {"--nats-url nats://n --sync 1m --secret-key 0123456789abcdef", "sync_interval"},
		"ClusterWithLoss": {"--nats-url nats://n --accept-loss --secret-key 0123456789abcdef",
			"--accept-loss is for"},
		"ReplicasWithoutCluster": {"--replicas 3", "set --nats-url"},
		"CAWithoutCluster":       {"--nats-ca ca.pem", "set --nats-url"},
		"CAThatIsNotThere": {"--nats-url nats://n --secret-key 0123456789abcdef --nats-ca ca.pemx",
			"no such file"},
		"NoData":               {"--data=", "--data"},
		"SyncNever":            {"--sync never", "always"},
		"SyncTooOften":         {"--sync 1ms", "always"},
		"Replicas0":            {"--replicas 0", "set 1 to 5"},
		"Extensions0":          {"--max-extensions 0", "set 1 to"},
		"ValuesTooLong":        {"--max-value-bytes 100000", "set 1 to"},
		"RateNegative":         {"--message-rate=-1", "set 0 to"},
		"TTLShort":             {"--message-ttl=9m", "set 10m0s to"},
		"TTLNegative":          {"--message-ttl=-1h", "set 10m0s to"},
		"TTLEternal":           {"--message-ttl=1000000h", "or 0 to keep messages for ever"},
		"ConversationSmall":    {"--max-conversation-bytes=12287", "set 12288 or more, or 0"},
		"ConversationNegative": {"--max-conversation-bytes=-1", "set 12288 or more, or 0"},
		"PerUserNegative":      {"--max-extensions-per-user=-1", "set 0 to"},
		"NoGroups":             {"--max-groups=0", "set 1 to 1000"},
		"ManyGroups":           {"--max-groups=1001", "set 1 to 1000"},
		"Connections0":         {"--max-connections 0", "set 1 to"},
		"ProxyByName":          {"--trusted-proxy nginx", "10.0.0.0/8"},
		"RESTRateNegative":     {"--rest-rate=-1", "set 0 to"},
		"WebhookWithoutScheme": {"--webhook-url app.example.com/hook", "http or https"},
		"WebhookQuery":         {"--webhook-url http://app.example/hook?token=a;b", "%3B"},
		"WebhookSecretShort":   {"--webhook-url http://app.example --webhook-secret s", "at least 16"},
		"WebhookSecretSimple":  {"--webhook-url http://app.example --webhook-secret aaaaaaaaaaaaaaaaa", "a random one"},
		"WebhookSecretAlone":   {"--webhook-secret s", "--webhook-url"},
		"HeartbeatTooShort":    {"--heartbeat=10ms", "whole seconds"},
		"IntervalNegative":     {"--event-interval=-1s", "set 0"},
		"WriteTimeout0":        {"--write-timeout 0s", "10s"},
		"NATSOverHTTP":         {"--nats-url http://[::1]:4222 --secret-key 0123456789abcdef", "how NATS is spoken"},
		"LameDuckNegative":     {"--lame-duck=-1s", "set 0"},
		"Drain0":               {"--drain 0s", "30s"},
		"UnknownFlag":          {"--max-extension 3", "--max-extensions"},
		"UnknownCommand":       {"sevre", "sevre"},
	} {
		t.Run(name, func(t *testing.T) {
			var c cli
			_, err := parse(&c, strings.Fields(tt.args))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestRefusedFile(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"UnknownKeys": {"addr: 127.0.0.1:1\nmax-extension: 3\nbucket: x\n", "bucket, max-extension"},
		"Commands":    {"user: x\n", "user"},
		"Itself":      {"config: x\n", "config"},
		"Twice":       {"data: x\ndata: y\n", "data"},
		"NoValue":     {"data:\n", "data: has no value"},
		"Mapping":     {"data: {a: b}\n", "data: want a value"},
		"List":        {"- data\n", "want lines like"},
		"NotYAML":     {"data: [", ""},
		"BadNumber":   {"max-extensions: many\n", "max-extensions"},
	} {
		t.Run(name, func(t *testing.T) {
			var c cli
			_, err := parse(&c, []string{"--config", writeTempFile(t, "hub.yaml", tt.text)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that says %q", err, tt.want)
			}
		})
	}
	for name, text := range map[string]string{"Empty": "", "Comment": "# nothing\n"} {
		t.Run(name, func(t *testing.T) { mustParse(t, "--config", writeTempFile(t, "hub.yaml", text)) })
	}
}

func TestIsLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true,
		"localhost:80": true, "LOCALHOST": true, "::1": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "": false, "10.0.0.1:80": false,
		"localhost.example.com:80": false, "127.0.0.1.example.com:80": false, "evil.example": false,
	} {
		if got := isLoopback(addr); got != want {
			t.Errorf("isLoopback(%q) = %v, want %v", addr, got, want)
		}
	}
}

// flagNames returns the environment variable of each flag of Config by the flag's name.
func flagNames(t *testing.T) map[string]string {
	t.Helper()
	command, err := parse(&cli{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, f := range command.Model.Flags {
		if f.Name != "help" {
			names[f.Name] = f.Envs[0]
		}
	}
	return names
}
