package faults

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// breakage is where and how a proxy breaks a connection.
type breakage int

const (
	nothing      breakage = iota
	beforeCommit          // reset; the COMMIT has not reached the server
	inCommit              // reset; half of it has
	afterCommit           // reset; the server has committed, its answer is lost
	silentBefore          // from the COMMIT on nothing passes, and nothing is closed
	silentAfter           // the COMMIT passes, and then nothing comes back
	atMessage             // reset in the middle of some message
)

// blackHole is how long a silence lasts before somebody notices, as TCP's
// keepalives do; until then an open transaction keeps its locks.
const blackHole = 250 * time.Millisecond

// proxy stands between a host and PostgreSQL. It knows as much of the protocol
// as it takes to break a connection at a given point of a transaction.
type proxy struct {
	listener net.Listener
	target   string
	latency  atomic.Int64 // of every round trip, in nanoseconds

	mu       sync.Mutex
	armed    breakage
	messages int // until atMessage
	links    map[*link]struct{}
}

func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, links: map[*link]struct{}{}}
	go p.accept()
	return p, nil
}

// arm breaks the next connection that comes to the point.
func (p *proxy) arm(b breakage, messages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.messages = b, messages
}

// take returns what happens to this message.
func (p *proxy) take(isCommit bool) breakage {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.armed
	switch {
	case b == nothing:
	case b == atMessage:
		if p.messages--; p.messages > 0 {
			return nothing
		}
	case !isCommit:
		return nothing
	}
	p.armed = nothing
	return b
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{proxy: p, client: client, server: server, statements: map[string]bool{}, portals: map[string]bool{}}
		p.mu.Lock()
		p.links[l] = struct{}{}
		p.mu.Unlock()
		go l.fromClient()
		go l.fromServer()
	}
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	links := p.links
	p.links = map[*link]struct{}{}
	p.mu.Unlock()
	for l := range links {
		l.reset()
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.cut()
}

// link is one connection through the proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn
	silent         atomic.Bool  // nothing passes
	answerLost     atomic.Bool  // the answer to a COMMIT does not pass
	status         atomic.Int32 // of the transaction, as ReadyForQuery says it

	// What the client has prepared, bound and executed: whether it commits.
	statements, portals map[string]bool
	executed            bool
}

func (l *link) reset() {
	for _, conn := range []net.Conn{l.client, l.server} {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	l.proxy.mu.Lock()
	delete(l.proxy.links, l)
	l.proxy.mu.Unlock()
}

func (l *link) fromClient() {
	defer l.reset()
	reader := bufio.NewReader(l.client)
	startup, err := readMessage(reader, 0)
	if err != nil {
		return
	}
	if _, err := l.server.Write(startup); err != nil {
		return
	}
	for {
		message, err := readMessage(reader, 1)
		if err != nil {
			return
		}
		if wait := l.proxy.latency.Load(); wait > 0 && (message[0] == 'Q' || message[0] == 'S') {
			time.Sleep(time.Duration(wait))
		}
		switch l.proxy.take(l.commits(message)) {
		case beforeCommit:
			return
		case inCommit, atMessage:
			_, _ = l.server.Write(message[:len(message)/2])
			return
		case afterCommit:
			l.answerLost.Store(true)
		case silentBefore:
			l.silent.Store(true)
			time.AfterFunc(blackHole, l.reset)
		case silentAfter:
			if _, err := l.server.Write(message); err != nil {
				return
			}
			l.silent.Store(true)
			time.AfterFunc(blackHole, l.reset)
			// What belongs to the COMMIT must follow it, such as its Sync.
			_, _ = io.Copy(l.server, reader)
			return
		}
		if l.silent.Load() {
			continue
		}
		if _, err := l.server.Write(message); err != nil {
			return
		}
	}
}

func (l *link) fromServer() {
	defer l.reset()
	reader := bufio.NewReader(l.server)
	for {
		message, err := readMessage(reader, 1)
		if err != nil {
			return
		}
		if message[0] == 'Z' {
			l.status.Store(int32(message[5]))
		}
		switch {
		case l.silent.Load():
		case l.answerLost.Load():
			ended := message[0] == 'C' && (bytes.HasPrefix(message[5:], []byte("COMMIT")) || bytes.HasPrefix(message[5:], []byte("ROLLBACK")))
			if ended || message[0] == 'Z' {
				return
			}
		default:
			if _, err := l.client.Write(message); err != nil {
				return
			}
		}
	}
}

// commits follows the client's messages and says whether this one commits.
func (l *link) commits(message []byte) bool {
	body := message[5:]
	switch message[0] {
	case 'Q':
		return isCommit(text(&body))
	case 'P':
		name := text(&body)
		l.statements[name] = isCommit(text(&body))
	case 'B':
		portal := text(&body)
		l.portals[portal] = l.statements[text(&body)]
	case 'E':
		l.executed = true
		return l.portals[text(&body)]
	case 'S': // without BEGIN, this is what commits
		executed := l.executed
		l.executed = false
		return executed && l.status.Load() == 'I'
	}
	return false
}

func isCommit(query string) bool { return strings.EqualFold(strings.TrimSpace(query), "commit") }

// text takes a text that ends with a zero byte.
func text(body *[]byte) string {
	before, after, _ := bytes.Cut(*body, []byte{0})
	*body = after
	return string(before)
}

// readMessage reads one message, with its type if it has one.
func readMessage(r *bufio.Reader, typeBytes int) ([]byte, error) {
	head := make([]byte, typeBytes+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[typeBytes:])) + typeBytes
	message := append(head, make([]byte, max(size-len(head), 0))...)
	_, err := io.ReadFull(r, message[len(head):])
	return message, err
}
