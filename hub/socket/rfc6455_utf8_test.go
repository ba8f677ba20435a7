package socket

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"exthub/hub/hubtest/raw"
)

// greek is text of which nearly every character has several bytes.
const greek = "\u03ba\u1f79\u03c3\u03bc\u03b5"

// sequences are what the groups 6.5 to 6.23 of the suite send, after Markus Kuhn's test of
// decoders. Which of them are UTF-8 is for unicode/utf8 to say.
func sequences() [][]string {
	each := func(texts ...string) []string { return texts }
	truncated := each("\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf")
	return [][]string{
		each("hello\u0024world", "hello\u00a2world", "hello\u20acworld", "hello\U00024b62world", greek),
		prefixes(greek),
		each("\x00", "\u0080", "\u0800", "\U00010000"),
		each("\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"),
		each("\x7f", "\u07ff", "\uffff", "\U0010ffff"),
		each("\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"),
		each("\ud7ff", "\ue000", "\ufffd", "\U0010ffff", "\xf4\x90\x80\x80"),
		each("\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80",
			"\x80\xbf\x80\xbf\x80\xbf", bytesBetween(0x80, 0xbf, "")),
		each(bytesBetween(0xc0, 0xdf, " "), bytesBetween(0xe0, 0xef, " "), bytesBetween(0xf0, 0xf7, " "),
			bytesBetween(0xf8, 0xfb, " "), bytesBetween(0xfc, 0xfd, " ")),
		truncated,
		each(strings.Join(truncated, "")),
		each("\xfe", "\xff", "\xfe\xfe\xff\xff"),
		each("\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"),
		each("\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"),
		each("\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"),
		each("\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf",
			"\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"),
		pairsOf(each("\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf"),
			each("\xed\xb0\x80", "\xed\xbf\xbf")),
		noncharacters(),
		each("\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"),
	}
}

func prefixes(s string) (all []string) {
	for i := range len(s) {
		all = append(all, s[:i+1])
	}
	return all
}

func bytesBetween(from, to byte, behindEach string) string {
	var b strings.Builder
	for c := from; c < to; c++ {
		b.WriteByte(c)
		b.WriteString(behindEach)
	}
	return b.String()
}

func pairsOf(first, second []string) (all []string) {
	for _, a := range first {
		for _, b := range second {
			all = append(all, a+b)
		}
	}
	return all
}

// noncharacters returns the last two code points of each plane.
func noncharacters() (all []string) {
	for plane := rune(0); plane <= 0x10; plane++ {
		all = append(all, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return all
}

func utf8Cases() cases {
	const bad = greek + "\xed\xa0\x80" + "edited"
	const beyond = "\xf4\x90\x80\x80"
	split := func(want, payload string, size int) exchange {
		return whole([]string{want}, inPieces(raw.Text, payload, size)...)
	}
	empty, end := raw.Frame(raw.Continuation, ""), final(raw.Continuation, "")
	promised := raw.Frame(raw.Final|raw.Text, greek+beyond+"edited")
	header := len(promised) - len(greek+beyond+"edited")
	c := cases{
		"6.1.1": whole([]string{"text "}, text("")),
		"6.1.2": whole([]string{"text "}, raw.Frame(raw.Text, ""), empty, end),
		"6.1.3": whole([]string{"text middle"}, raw.Frame(raw.Text, ""), raw.Frame(raw.Continuation, "middle"), end),
		"6.2.1": whole([]string{"text Hello-µ@ßöäüàá-UTF-8!!"}, text("Hello-µ@ßöäüàá-UTF-8!!")),
		"6.2.2": split("text Hello-µ@ßöäüàá-UTF-8!!", "Hello-µ@ßöäüàá-UTF-8!!", len("Hello-µ@ßöä")),
		"6.2.3": split("text Hello-µ@ßöäüàá-UTF-8!!", "Hello-µ@ßöäüàá-UTF-8!!", 1),
		"6.2.4": split("text "+greek, greek, 1),
		"6.3.1": whole([]string{notUTF8}, text(bad)),
		"6.3.2": split(notUTF8, bad, 1),
		// The rest never comes: what can't become UTF-8 is refused before.
		"6.4.1": whole([]string{notUTF8}, raw.Frame(raw.Text, greek), raw.Frame(raw.Continuation, beyond)),
		"6.4.2": whole([]string{notUTF8}, raw.Frame(raw.Text, greek+"\xf4"), raw.Frame(raw.Continuation, "\x90")),
		"6.4.3": whole([]string{notUTF8},
			promised[:header+len(greek)], promised[header+len(greek):header+len(greek)+4]),
		"6.4.4": whole([]string{notUTF8},
			promised[:header+len(greek)+1], promised[header+len(greek)+1:header+len(greek)+2]),
	}
	for i, group := range sequences() {
		for j, payload := range group {
			want := notUTF8
			if utf8.ValidString(payload) {
				want = "text " + payload
			}
			c[fmt.Sprintf("6.%d.%d", i+5, j+1)] = whole([]string{want}, text(payload))
		}
	}
	return c
}
