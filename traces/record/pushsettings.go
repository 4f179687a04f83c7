//go:build !js

package record

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// PushSettings is where and how spans are pushed.
type PushSettings struct {
	endpoint string   // as it was given
	url      *url.URL // of requests
	headers  http.Header
	gzip     bool
	timeout  time.Duration // 0 is none
	tls      *tls.Config   // nil is the default
}

// ReadPushSettings puts together what was given on the command line, which may be nothing, and what the environment
// says. The error is all that is wrong.
func ReadPushSettings(endpoint string) (*PushSettings, error) {
	s := &PushSettings{
		endpoint: endpoint, timeout: 10 * time.Second, headers: http.Header{"User-Agent": {"raftkv"}},
	}
	err := errors.Join(
		checkNames(), s.setURL(), checkProtocol(), s.setHeaders(), s.setCompression(), s.setTimeout(), s.setTLS(),
		checkInsecure(),
	)
	return s, err
}

// checkNames refuses variables that nobody reads, but for those of signals that are not pushed.
func checkNames() error {
	var errs []error
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		setting, is := strings.CutPrefix(name, exporterPrefix)
		if !is || strings.TrimSpace(value) == "" || ofAnotherSignal(setting) {
			continue
		}
		setting = strings.TrimPrefix(setting, "TRACES_")
		if !slices.ContainsFunc(PushVariables, func(v struct{ Name, Takes string }) bool { return v.Name == setting }) {
			errs = append(errs, fmt.Errorf("%s: the push knows no such variable; -h lists those that it knows", name))
		}
	}
	return errors.Join(errs...)
}

func ofAnotherSignal(setting string) bool {
	return slices.ContainsFunc([]string{"METRICS_", "LOGS_", "PROFILES_"}, func(signal string) bool {
		return strings.HasPrefix(setting, signal)
	})
}

// setURL takes the URL of the command line or of the general variable, and adds the path of traces, or takes that of
// the variable for traces as it is.
func (s *PushSettings) setURL() error {
	whole := false
	if s.endpoint == "" {
		var name string
		s.endpoint, name = variable("ENDPOINT")
		whole = strings.HasPrefix(name, tracesPrefix)
	}
	u, err := url.Parse(s.endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("push to %q: want an URL such as http://127.0.0.1:4318", s.endpoint)
	}
	s.endpoint = u.Redacted()
	if protocol, _ := variable("PROTOCOL"); u.Port() == "4317" && protocol != ownProtocol {
		return fmt.Errorf("push to %s: port 4317 takes gRPC, and spans are pushed as JSON over HTTP, "+
			"which Jaeger and the Collector take at port 4318; if it is HTTP all the same, set %s=%s",
			s.endpoint, tracesPrefix+"PROTOCOL", ownProtocol)
	}
	if !whole {
		u = u.JoinPath("v1", "traces")
	}
	s.url = u
	return nil
}

// ownProtocol is the one that is spoken.
const ownProtocol = "http/json"

func checkProtocol() error {
	if protocol, name := variable("PROTOCOL"); protocol != "" && protocol != ownProtocol {
		return fmt.Errorf("%s: spans are pushed as %s, not as %q; set %s=%[2]s, and an endpoint that takes it, "+
			"as Jaeger and the Collector do at port 4318", name, ownProtocol, protocol, tracesPrefix+"PROTOCOL")
	}
	return nil
}

// ownHeaders are those that a request has in any case.
var ownHeaders = []string{"Content-Encoding", "Content-Length", "Content-Type", "Host", "Transfer-Encoding"}

// setHeaders takes a list of headers, whose values may have signs that are written as %2C. What is wrong is told
// without the value, which may be secret.
func (s *PushSettings) setHeaders() error {
	list, of := variable("HEADERS")
	var errs []error
	for pair := range strings.SplitSeq(list, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		switch canonical := http.CanonicalHeaderKey(name); {
		case !found:
			errs = append(errs, fmt.Errorf("%s: want a list such as api-key=1,tenant=a%%20b, and one of it has no =", of))
		case name == "" || strings.ContainsFunc(name, notInHeaderName):
			errs = append(errs, fmt.Errorf("%s: %q is no name of a header", of, name))
		case slices.Contains(ownHeaders, canonical):
			errs = append(errs, fmt.Errorf("%s: the push sets %s itself", of, canonical))
		case err != nil || strings.ContainsFunc(value, unicode.IsControl):
			errs = append(errs, fmt.Errorf("%s: the value of %s cannot be that of a header", of, name))
		default:
			s.headers.Set(name, value)
		}
	}
	return errors.Join(errs...)
}

// notInHeaderName is true of what no name of a header has.
func notInHeaderName(r rune) bool {
	alphanumeric := r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	return !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func (s *PushSettings) setCompression() error {
	value, name := variable("COMPRESSION")
	s.gzip = value == "gzip"
	if value != "" && value != "none" && !s.gzip {
		return fmt.Errorf("%s: %q is none of none, gzip", name, value)
	}
	return nil
}

func checkInsecure() error {
	value, name := variable("INSECURE")
	if value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return fmt.Errorf("%s: %q is none of true, false", name, value)
	}
	return nil
}

func (s *PushSettings) setTimeout() error {
	value, name := variable("TIMEOUT")
	if value == "" {
		return nil
	}
	ms, err := strconv.ParseInt(value, 10, 32)
	if err != nil || ms < 0 {
		return fmt.Errorf("%s: %q is no number of milliseconds", name, value)
	}
	s.timeout = time.Duration(ms) * time.Millisecond
	return nil
}

// setTLS reads the files of certificates. They say that the way to the receiver is to be secure, so http:// is refused.
func (s *PushSettings) setTLS() error {
	authorities, authoritiesName := variable("CERTIFICATE")
	certificate, certificateName := variable("CLIENT_CERTIFICATE")
	key, keyName := variable("CLIENT_KEY")
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var errs []error
	if authorities != "" {
		config.RootCAs = x509.NewCertPool()
		if pem, err := os.ReadFile(authorities); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", authoritiesName, err))
		} else if !config.RootCAs.AppendCertsFromPEM(pem) {
			errs = append(errs, fmt.Errorf("%s: %s holds no PEM certificate", authoritiesName, authorities))
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if certificate == "" || key == "" {
			err = fmt.Errorf("one of it and %s is not set", keyName)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", certificateName, err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	for _, set := range [][2]string{{authorities, authoritiesName}, {certificate, certificateName}} {
		if set[0] != "" && s.url != nil && s.url.Scheme == "http" {
			errs = append(errs, fmt.Errorf("%s: is for https://, and spans are pushed to %s", set[1], s.endpoint))
		}
	}
	if authorities != "" || certificate != "" {
		s.tls = config
	}
	return errors.Join(errs...)
}
