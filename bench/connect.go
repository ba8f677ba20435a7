package bench

import "time"

// connect opens all connections as fast as the hub takes them.
func connect(r *run) error {
	accounts, err := r.accounts(r.Clients, "u")
	if err != nil {
		return err
	}
	took := newHistogram()
	if err := r.measure(); err != nil {
		return err
	}
	r.enterStage("connect and log in")
	clients, err := r.enter(accounts, false, took)
	if err != nil {
		return err
	}
	if err := r.measured(int64(len(clients)), "login"); err != nil {
		return err
	}
	r.result.Latencies = append(r.result.Latencies, took.latency("connect and log in"))
	return leave(clients)
}

// idle logs sessions in who say nothing but ping.
func idle(r *run) error {
	accounts, err := r.accounts(r.Clients, "u")
	if err != nil {
		return err
	}
	if err := r.measure(); err != nil {
		return err
	}
	empty := r.before
	a, err := r.seat(newBoard(r.Bytes), accounts, 0)
	if err != nil {
		return err
	}
	defer a.leave()
	r.enterStage("sit idle")
	if err := r.measure(); err != nil {
		return err
	}
	if err := r.pause(r.Duration); err != nil {
		return err
	}
	r.result.Seconds = r.Duration.Seconds()
	r.result.add("sessions", float64(len(accounts)), "")
	if r.watched {
		if err := r.weigh(float64(len(accounts)), empty); err != nil {
			return err
		}
	}
	return a.err()
}

// weigh reports what n sessions take that were not there when the server was empty: as it is, with the garbage of their logins, and after a collection,
// which a server that stays idle does by itself every two minutes.
func (r *run) weigh(n float64, empty usage) error {
	full, err := observe(r.ctx, r.MetricsURL)
	if err != nil {
		return err
	}
	r.result.add("server RSS per session", (full.rss-empty.rss)/n/1024, "KiB")
	r.result.add("server CPU per 1,000 sessions", (full.cpu-r.before.cpu)/full.at.Sub(r.before.at).Seconds()/n*1000*1000, "ms/s")
	if err := collect(r.ctx, r.MetricsURL); err != nil {
		return err
	}
	if err := r.pause(3 * time.Second); err != nil { // memory goes back to the system little by little
		return err
	}
	collected, err := observe(r.ctx, r.MetricsURL)
	if err != nil {
		return err
	}
	r.result.add("server RSS per session after a collection", (collected.rss-empty.rss)/n/1024, "KiB")
	r.result.add("server RSS", collected.rss/(1<<20), "MiB")
	return nil
}
