//go:build !js

package record

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A request that the receiver is too busy for is sent again: after a pause that doubles, or the one that the receiver
// asks for, as long as all pauses together are no longer than retryFor. A receiver that is not there is an error at
// once. The specification has clients vary the pauses, so that many do not come back together; this is one, and one
// request at a time.
const (
	RetryFirst = 200 * time.Millisecond
	retryMost  = 2 * time.Second
	retryFor   = 5 * time.Second
)

// answerBytes is how much of an answer is read, and saidBytes how much of it is shown.
const (
	answerBytes = 64 << 10
	saidBytes   = 300
)

// Receiver is an OTLP receiver as a client sees it.
type Receiver struct {
	settings *PushSettings
	client   *http.Client
	RetryFor time.Duration
}

// NewReceiver returns what sends requests to the receiver that the settings name.
func NewReceiver(settings *PushSettings) *Receiver {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = settings.tls
	return &Receiver{settings: settings, RetryFor: retryFor, client: &http.Client{
		Transport: transport,
		Timeout:   settings.timeout,
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if next.Method != http.MethodPost || len(before) > 10 { // what is not sent again is an answer
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// Deliver sends a request until it is taken or refused, or all pauses are used up.
func (r *Receiver) Deliver(ctx context.Context, body []byte) (PartialSuccess, error) {
	if r.settings.gzip {
		body = gzipped(body)
	}
	left, backOff := r.RetryFor, RetryFirst
	for tries := 1; ; tries++ {
		answer, err := r.post(ctx, body)
		if err != nil {
			return PartialSuccess{}, err
		}
		if answer.StatusCode/100 == 2 {
			return r.taken(answer)
		}
		if !retryable(answer.StatusCode) {
			return PartialSuccess{}, r.errorf("%s%s", answer.Status, answer.reason())
		}
		pause, asked := RetryAfter(answer.Header)
		if !asked {
			pause = backOff
			backOff = min(2*backOff, retryMost)
		}
		switch {
		case asked && pause > left:
			return PartialSuccess{}, r.errorf("%s%s; it wants to be asked again in %v", answer.Status, answer.reason(), pause)
		case pause > left:
			return PartialSuccess{}, r.errorf("%s%s; it was asked %d times", answer.Status, answer.reason(), tries)
		}
		left -= pause
		if err := wait(ctx, pause); err != nil {
			return PartialSuccess{}, r.errorf("%s%s: %w", answer.Status, answer.reason(), err)
		}
	}
}

// wait returns after a pause, or with an error as soon as the context ends.
func wait(ctx context.Context, pause time.Duration) error {
	paused, stop := context.WithTimeout(ctx, pause)
	defer stop()
	<-paused.Done()
	return ctx.Err()
}

// pushAnswer is an answer that was read.
type pushAnswer struct {
	*http.Response

	body []byte
}

// post sends a request, and reads the answer.
func (r *Receiver) post(ctx context.Context, body []byte) (*pushAnswer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.settings.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = r.settings.headers.Clone()
	request.Header.Set("Content-Type", "application/json")
	if r.settings.gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err // it has the URL
	}
	defer func() { _ = response.Body.Close() }() // was only read
	read, err := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	if err != nil {
		return nil, r.errorf("%s: %w", response.Status, err)
	}
	return &pushAnswer{response, read}, nil
}

// taken reads what a receiver says to what it took.
func (r *Receiver) taken(a *pushAnswer) (said PartialSuccess, err error) {
	switch kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); { // of a wrong one, the kind is empty
	case kind == "text/html": // Jaeger's pages, say
		return said, r.errorf("%s, and a page for people: no receiver of OTLP listens there", a.Status)
	case kind != "application/json" || len(a.body) == 0:
		return said, nil
	}
	var export struct {
		PartialSuccess struct {
			RejectedSpans json.Number // a number in quotes, as all of 64 bits in OTLP/JSON, or a bare one
			ErrorMessage  string
		}
	}
	if err := json.Unmarshal(a.body, &export); err != nil {
		return said, r.errorf("%s, and an answer that is not OTLP/JSON: %w", a.Status, err)
	}
	if n := export.PartialSuccess.RejectedSpans; n != "" {
		if said.rejected, err = strconv.Atoi(n.String()); err != nil {
			return said, r.errorf("%s, and rejectedSpans is %s", a.Status, n)
		}
	}
	said.message = oneLine(export.PartialSuccess.ErrorMessage)
	return said, nil
}

// reason is why a receiver did not take something: the message of a google.rpc.Status, or else the text itself.
func (a *pushAnswer) reason() string {
	var status struct{ Message string }
	said := string(a.body)
	if json.Unmarshal(a.body, &status) == nil && status.Message != "" {
		said = status.Message
	}
	if target := a.Header.Get("Location"); target != "" {
		said = "it is at " + target
	}
	if said = oneLine(said); said == "" {
		return ""
	}
	return ": " + said
}

// oneLine is a text in one line, and not the whole of a long one.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), saidBytes)], "")
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	return strings.Join(words, " ")
}

func (r *Receiver) errorf(format string, arguments ...any) error {
	return fmt.Errorf("POST %s: "+format, append([]any{r.settings.url.Redacted()}, arguments...)...)
}

// retryable says whether a request that is answered so is to be sent again: these four, says the specification of OTLP.
func retryable(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// RetryAfter is how long a receiver asks to be left alone: it says so in seconds, or by the time on its own clock.
func RetryAfter(header http.Header) (pause time.Duration, asked bool) {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	now, err2 := http.ParseTime(header.Get("Date"))
	return max(0, at.Sub(now)), err == nil && err2 == nil
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}
