//go:build !js

package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Serve shows a page to the browsers of this machine, and to nobody else, until ctx ends: at a port, or at one that is
// free if that is 0. It says where. policy is the page's content security policy.
func Serve(ctx context.Context, said io.Writer, port int, policy string, page []byte) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("cannot serve: %w", err)
	}
	where := listener.Addr().String()
	server := &http.Server{Handler: pageHandler(where, policy, page), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if _, err := fmt.Fprintf(said, "serving http://%s/ until Ctrl-C\n", where); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cannot serve: %w", err)
	}
	return nil
}

// pageHandler answers who asks for the page by the name of this machine: another name that leads here may be somebody's
// who wants to read the page from a page of theirs.
func pageHandler(where, policy string, page []byte) http.Handler {
	_, port, _ := net.SplitHostPort(where)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy+"; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		switch {
		case r.Host != where && r.Host != net.JoinHostPort("localhost", port):
			http.Error(w, "this page is at http://"+where+"/", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "a page is only read", http.StatusMethodNotAllowed)
		case r.URL.Path != "/":
			http.NotFound(w, r)
		default:
			header.Set("Content-Type", "text/html; charset=utf-8")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
		}
	})
}
