package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server answers GET /metrics.
type Server struct {
	http     *http.Server
	listener net.Listener
	done     chan struct{}
}

// Serve opens the endpoint and answers until Close. Errors are sentences for
// the operator, without the final dot.
func Serve(ctx context.Context, a Address, s Sources, log *slog.Logger) (*Server, error) {
	l, err := a.listen(ctx)
	if err != nil {
		return nil, err
	}
	srv := &Server{
		listener: l, done: make(chan struct{}),
		http: &http.Server{
			Handler: handler(a, s), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
			WriteTimeout: 2 * askLimit, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		},
	}
	go func() {
		defer close(srv.done)
		if err := srv.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics ended", "error", err)
		}
	}()
	return srv, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends the server, answers in hand included, and removes its socket.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit+time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.done
	return err
}

// atOnce is how many answers are made at the same time; others are told to
// come back.
const atOnce = 2

func handler(a Address, s Sources) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(s), promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: atOnce,
	}))
	if a.Network == "unix" {
		return mux
	}
	return byNumber(mux)
}

// byNumber refuses requests that name this machine by anything but a loopback
// address. A web page whose name was pointed here could read the answer in
// the browser of somebody who works on this machine.
func byNumber(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "ask by this machine's loopback address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
