package bench

// connect opens a connection for each of the members of a group, at a rate, or as fast as the hub
// takes them if the rate is 0.
func connect(r *run) error {
	accounts, err := r.accounts(r.Clients, "u")
	if err != nil {
		return err
	}
	return r.withGroup(func(*group) error { return r.connectAll(accounts) }, accounts)
}

func (r *run) connectAll(accounts []account) error {
	took := newHistogram()
	if err := r.startMeasuring(); err != nil {
		return err
	}
	r.setPhase("connect and log in")
	clients, err := r.loginPaced(accounts, false, r.Rate, took)
	if err != nil {
		return err
	}
	defer closeAll(clients)
	if err := r.stopMeasuring(int64(len(clients)), "login"); err != nil {
		return err
	}
	r.result.Latencies = append(r.result.Latencies, took.latency("connect and log in"))
	return nil
}

// idle logs sessions in that send nothing but pings.
func idle(r *run) error {
	accounts, err := r.accounts(r.Clients, "u")
	if err != nil {
		return err
	}
	if err := r.startMeasuring(); err != nil {
		return err
	}
	empty := r.before
	a, err := r.newAudience(newScoreboard(r.Bytes), accounts, 0)
	if err != nil {
		return err
	}
	defer a.close()
	r.setPhase("sit idle")
	if err := r.startMeasuring(); err != nil {
		return err
	}
	if err := r.pause(r.Duration); err != nil {
		return err
	}
	r.result.Seconds = r.Duration.Seconds()
	n := float64(len(accounts))
	r.result.add("sessions", n, "")
	if r.hasMetrics {
		after, err := scrape(r.ctx, r.MetricsURL)
		if err != nil {
			return err
		}
		r.result.add("server RSS per session right after the logins", (r.before.rss-empty.rss)/n/1024, "KiB")
		r.result.add("server RSS per session", (after.rss-empty.rss)/n/1024, "KiB")
		r.result.add("server RSS", after.rss/(1<<20), "MiB")
		r.result.add("server CPU per 1,000 sessions",
			(after.cpu-r.before.cpu)/after.at.Sub(r.before.at).Seconds()/n*1000*1000, "ms/s")
	}
	return a.err()
}
