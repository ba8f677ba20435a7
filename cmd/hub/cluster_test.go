package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"exthub/kv/kvtest"
)

// TestClusterThatComesAndGoes: a hub that starts before its cluster waits for it, and one that
// loses it says so and comes back.
func TestClusterThatComesAndGoes(t *testing.T) {
	node := kvtest.Start(t, kvtest.Listening)
	url := node.URL()
	node.Stop()
	h := spawnHub(t, "--nats-url", url, "--secret-key", key, "--data", filepath.Join(t.TempDir(), "never"))
	h.waitForLog("check=nats")
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	h.waitUntilUp()
	h.waitForStatus("/readyz", http.StatusOK)
	node.Stop()
	h.waitForStatus("/readyz", http.StatusServiceUnavailable)
	if status, _, _ := get(t, h.admin+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz %d: a restart would not help", status)
	}
	if err := node.Restart(); err != nil {
		t.Fatal(err)
	}
	h.waitForStatus("/readyz", http.StatusOK)
	h.stop()
}

// TestStopWithoutCluster: a stop does not hang on a cluster that does not answer.
func TestStopWithoutCluster(t *testing.T) {
	node := kvtest.Start(t, kvtest.Listening)
	h := startHub(t, "--nats-url", node.URL(), "--secret-key", key)
	node.Stop()
	h.waitForStatus("/readyz", http.StatusServiceUnavailable)
	h.stop()

	waiting := spawnHub(t, "--nats-url", node.URL(), "--secret-key", key)
	waiting.waitForLog("check=nats")
	waiting.interrupt()
}

// TestTwoHubsOverThreeNodes: what docker-compose.yml starts, two hubs on three nodes. A change at
// one is seen at the other, and neither the loss of a hub nor that of a node loses anything.
func TestTwoHubsOverThreeNodes(t *testing.T) {
	nodes := kvtest.NewCluster(t, 3)
	args := []string{"--nats-url", nodes.URL(), "--secret-key", key, "--replicas", "3"}
	first, second := startHub(t, args...), startHub(t, args...)
	alice, bob := first.login("alice"), second.login("bob")
	message := alice.Send("C2C", "bob").ID
	bob.Await("MESSAGE_RECEIVED")

	seq, err := set(alice, message, "before", "1")
	if err != nil {
		t.Fatal(err)
	}
	if news := bob.Await("MESSAGE_EXTENSIONS_UPDATED"); !strings.Contains(news, `"before"`) {
		t.Errorf("bob heard %s", news)
	}

	first.kill()
	alice = second.login("alice")
	if got := alice.GetAll(message)["before"]; got.Value != "1" || got.Seq != seq {
		t.Errorf("the other hub has %+v, want 1 with Seq %d", got, seq)
	}

	leader, err := nodes.Leader("KV_exthub_0")
	if err != nil {
		t.Fatal(err)
	}
	leader.Stop()
	// During the election a write may fail or have an unknown outcome; after it, one of these is
	// in.
	second.waitUntil("a write without the old leader", func() bool {
		_, err = set(alice, message, "after", "2")
		return err == nil || alice.GetAll(message)["after"].Value == "2"
	})
	if news := bob.Await("MESSAGE_EXTENSIONS_UPDATED"); !strings.Contains(news, `"after"`) {
		t.Errorf("bob heard %s", news)
	}
	alice.Close()
	bob.Close()
	second.stop()
}
