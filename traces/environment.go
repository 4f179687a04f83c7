package traces

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// exporterPrefix begins the names of the variables that say where and how spans are pushed.
const exporterPrefix = "OTEL_EXPORTER_OTLP_"

// ClearEnvironment unsets every OTEL_* variable but OTEL_EXPORTER_OTLP_*, which Push reads. A program that records a run calls it first, so that nothing that happens to be
// set where it runs can change, or make the SDK complain about, what it records.
func ClearEnvironment() error {
	var errs []error
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "OTEL_") && !strings.HasPrefix(name, exporterPrefix) {
			errs = append(errs, os.Unsetenv(name))
		}
	}
	return errors.Join(errs...)
}

// checkEnvironment says what is wrong with the variables of the push. The exporters themselves would only log it, and push in some other way than was asked for.
func checkEnvironment() error {
	var errs []error
	for _, signal := range []string{"", "TRACES_"} {
		fault := func(name, format string, arguments ...any) {
			errs = append(errs, fmt.Errorf(exporterPrefix+signal+name+": "+format, arguments...))
		}
		oneOf := func(name string, allowed ...string) {
			if v := variable(signal + name); v != "" && !slices.Contains(allowed, v) {
				fault(name, "%q is none of %s", v, strings.Join(allowed, ", "))
			}
		}
		oneOf("PROTOCOL", "http/protobuf", "grpc", "http/json")
		oneOf("COMPRESSION", "none", "gzip")
		oneOf("INSECURE", "true", "false", "True", "False", "TRUE", "FALSE")
		if v := variable(signal + "TIMEOUT"); v != "" {
			if n, err := strconv.Atoi(v); err != nil || n < 0 {
				fault("TIMEOUT", "%q is no number of milliseconds", v)
			}
		}
		if v := variable(signal + "CERTIFICATE"); v != "" {
			pem, err := os.ReadFile(v)
			if err != nil {
				fault("CERTIFICATE", "%w", err)
			} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
				fault("CERTIFICATE", "%s holds no PEM certificate", v)
			}
		}
		certificate, key := variable(signal+"CLIENT_CERTIFICATE"), variable(signal+"CLIENT_KEY")
		if certificate != "" || key != "" {
			if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
				fault("CLIENT_CERTIFICATE", "%w", err)
			}
		}
	}
	return errors.Join(errs...)
}
