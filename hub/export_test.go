package hub

import "maps"

// Codes returns every code that a client can meet, with its meaning.
func Codes() map[int]string {
	return meanings(codes)
}

// CloseCodes returns every close code of the hub's own, with its meaning.
func CloseCodes() map[int]string {
	return meanings(closeCodes)
}

// Methods returns the names of all methods.
func Methods() []string {
	names := []string{"login", "logout"}
	for name := range maps.Keys(methods) {
		names = append(names, name)
	}
	return names
}

func meanings(table []code) map[int]string {
	all := make(map[int]string)
	for _, c := range table {
		all[c.number] = c.meaning
	}
	return all
}

// SessionsOf returns how many sessions the user has.
func (h *Hub) SessionsOf(userID string) int {
	h.sessions.mu.Lock()
	defer h.sessions.mu.Unlock()
	return len(h.sessions.users[userID])
}
