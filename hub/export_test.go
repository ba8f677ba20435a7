package hub

import "maps"

// Methods returns the names of all methods.
func Methods() []string {
	names := []string{"login", "logout"}
	for name := range maps.Keys(methods) {
		names = append(names, name)
	}
	return names
}

// SessionsOf returns how many sessions the user has.
func (h *Hub) SessionsOf(userID string) int {
	h.sessions.mu.Lock()
	defer h.sessions.mu.Unlock()
	return len(h.sessions.users[userID])
}

// Connections returns how many connections count as open.
func (h *Hub) Connections() int { return h.sessions.len() }
