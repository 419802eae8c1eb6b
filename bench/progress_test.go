package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	p.begin = time.Now().Add(-3 * time.Second)
	p.say("recording")
	p.show("loading", 10, 1_000_000)
	assert.Equal(t, "    3 s  recording\n", out.String(), "no line so soon after another")
	p.said = p.said.Add(-time.Minute)
	p.show("loading", 250_000, 1_000_000)
	p.show("loading", 1_000_000, 1_000_000)
	assert.Equal(t, "    3 s  recording\n    3 s  loading: 250,000 of 1,000,000\n    3 s  loading: 1,000,000\n", out.String())

	out.Reset()
	p.terminal = true
	p.show("loading", 250_000, 1_000_000)
	assert.Equal(t, "\r\x1b[K    3 s  loading [##########..............................] 250,000 of 1,000,000", out.String())
}
