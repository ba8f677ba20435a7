package torture

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
)

var (
	runs  = flag.Int("runs", 1, "runs of every fault")
	noisy = flag.Bool("noisy", false, "let the hubs of this process log")
)

func TestMain(m *testing.M) {
	if config := os.Getenv(nodeEnv); config != "" {
		serveNode(config)
	}
	flag.Parse()
	// The hubs that the tests start have the defaults, whatever the caller's shell exports.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "HUB_") {
			os.Unsetenv(name)
		}
	}
	// Faults mostly wait, so more of them may run at a time than there are processors.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	if !*noisy {
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	}
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "torture"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		code := m.Run()
		if *runs > 1 {
			fmt.Print(ledger.table())
		}
		return code
	}())
}
