package hub

import "testing"

// TestOptions leaves out what is required, and fills in what is not.
func TestOptions(t *testing.T) {
	for says, o := range map[string]Options{"no app": {SecretKey: "k"}, "no key": {SDKAppID: 1}} {
		if _, err := New(o, nil); err == nil {
			t.Errorf("%s: accepted", says)
		}
	}
	given := Options{SDKAppID: 1, SecretKey: "k", Admins: []string{"a"}, MaxKeyBytes: 7}
	o, err := given.withDefaults()
	if err != nil || o.MaxKeyBytes != 7 || o.MaxExtensions != 300 || o.MessageRate != 0 {
		t.Errorf("%+v (%v)", o, err)
	}
	if first, second := o.NewSessionID(), o.NewSessionID(); first == second {
		t.Errorf("two sessions are called %s", first)
	}
	given.Admins[0] = "eve"
	if o.Admins[0] != "a" {
		t.Error("the caller's slice is kept")
	}
}
