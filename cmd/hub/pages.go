package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"unicode"

	"exthub/kv"
	"exthub/web"
)

// pages are what a hub with --guests shows of its own: /p/<messageID>, where a message is answered
// and watched, and /present/<messageID> for a big screen. They are for messages of groups that are
// open to guests, and know nobody: what a page may do, the widget on it does as a guest.
//
// They refer to everything by relative addresses, because a proxy may serve the hub below a path of
// its own, which the hub does not know.
type pages struct {
	look      func(context.Context, kv.MessageID) (*kv.Record, error)
	templates *template.Template
	files     *static
	widgets   *static
}

// newPages returns the pages. look returns a message of a group that is open to guests, or nil;
// widgets serves the widgets.
func newPages(look func(context.Context, kv.MessageID) (*kv.Record, error), widgets *static) *pages {
	templates := template.New("")
	for name, text := range web.PageTemplates() {
		template.Must(templates.New(name).Parse(string(text)))
	}
	return &pages{look, templates, newStatic(pagesPrefix, forOwnPages, web.PageFiles()), widgets}
}

const pagesPrefix = "/pages/"

// handle lets mux serve the pages and what they load.
func (p *pages) handle(mux *http.ServeMux) {
	mux.Handle(pagesPrefix, p.files)
	mux.HandleFunc("GET /p/{id}", p.page("share"))
	mux.HandleFunc("GET /present/{id}", p.page("present"))
}

// shown is what a template shows.
type shown struct {
	Lang, ID, Next string
	sharedMessage
	Icon, Style, Script, Widgets string // addresses
}

// page returns the handler of one kind of page.
func (p *pages) page(kind string) http.HandlerFunc {
	relative := func(s *static, name string) string { return ".." + s.names[name] }
	return func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header(), forOwnPages)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Vary", "Accept-Language")
		id := kv.MessageID(r.PathValue("id"))
		// Reads of one visitor wait for each other, not others for them.
		ctx := context.WithValue(r.Context(), kv.ReaderKey{}, hostname(r.RemoteAddr))
		record, err := p.look(ctx, id)
		if err != nil {
			refuseForNow(w, "the hub can't reach its store")
			return
		}
		message, ok := share(record)
		if !ok {
			http.Error(w, "There is nothing here to answer: it is gone, or not open to guests.", http.StatusNotFound)
			return
		}
		var body bytes.Buffer
		if err := p.templates.ExecuteTemplate(&body, kind+".html", shown{
			Lang: preferredLanguage(r.Header.Get("Accept-Language")), ID: string(id), Next: p.next(ctx, id),
			sharedMessage: message,
			Icon:          relative(p.files, pagesPrefix+"icon.svg"), Style: relative(p.files, pagesPrefix+"pages.css"),
			Script:  relative(p.files, pagesPrefix+kind+".js"),
			Widgets: relative(p.widgets, "/widgets.js"),
		}); err != nil {
			panic(err) // the templates are ours
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = body.WriteTo(w) // to a browser that may be gone
	}
}

// next returns the ID of the group's next message, if it has a page too, or "".
func (p *pages) next(ctx context.Context, id kv.MessageID) string {
	ref, err := kv.ParseMessageID(id)
	if err != nil || ref.GroupID == "" {
		return ""
	}
	ref.MsgSeq++
	record, err := p.look(ctx, ref.ID())
	if _, ok := share(record); err != nil || !ok {
		return ""
	}
	return string(ref.ID())
}

// sharedMessage is what a page says of its message before its script has run, and to those who show
// what a link leads to.
type sharedMessage struct {
	Title       string
	Description string
	Options     []string
}

// share returns what a page says of a message, and reports whether it is a poll that guests can
// answer.
func share(record *kv.Record) (m sharedMessage, ok bool) {
	if record == nil || record.Rules == nil || !record.Rules.Own() {
		return m, false // guests could not answer
	}
	var payload struct {
		Data string `json:"data"`
	}
	var data struct {
		BusinessID string `json:"businessID"`
		Title      string `json:"title"`
		Content    struct {
			Options []struct {
				Option string `json:"option"`
			} `json:"option_list"`
		} `json:"content"`
	}
	if json.Unmarshal(record.Payload, &payload) != nil || json.Unmarshal([]byte(payload.Data), &data) != nil {
		return m, false
	}
	m.Title = plain(data.Title)
	for _, o := range data.Content.Options {
		m.Options = append(m.Options, plain(o.Option))
	}
	m.Description = strings.Join(m.Options, " · ")
	return m, data.BusinessID == "group_poll"
}

// plain removes what has no shape of its own: with characters that turn the direction of text
// around, a title could take the rest of a preview with it.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
}

// preferredLanguage returns the one of our languages that stands first in the header
// Accept-Language, English if none does.
func preferredLanguage(header string) string {
	for tag := range strings.SplitSeq(header, ",") {
		language, _, _ := strings.Cut(tag, ";")
		language, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(language)), "-")
		if language == "en" || language == "zh" {
			return language
		}
	}
	return "en"
}
