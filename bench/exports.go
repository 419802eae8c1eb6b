package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

const psqlName = `psql \copy`

// exportRun is a way to write a file, with what its runs came to.
type exportRun struct {
	name  string
	kind  string // of exporters; empty for psql
	rows  int
	times []float64
	first []float64
	peaks []float64 // of memory, in MB
	texts []float64 // what of that is the program
}

// measureExports writes the same rows in every format, by the library and by
// the bare means. Each runs in its own process, and they take turns.
func measureExports(ctx context.Context, b *bench) error {
	l, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "audit-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	runs := []*exportRun{
		{name: "CSV", kind: "csv", rows: b.scale.export},
		{name: psqlName, rows: b.scale.export},
		{name: "pgx rows and encoding/csv", kind: "bare csv", rows: b.scale.export},
		{name: "pgx CopyTo", kind: "copy", rows: b.scale.export},
		{name: "Excel", kind: "xlsx", rows: b.scale.export},
		{name: "a bare excelize stream", kind: "bare xlsx", rows: b.scale.export},
		{name: "PDF", kind: "pdf", rows: b.scale.pdf},
		{name: "bare fpdf in parts of 10,000", kind: "bare pdf", rows: b.scale.pdf},
	}
	psql, problem := findPsql()
	for round := range b.scale.exportRounds {
		for _, i := range b.random.Perm(len(runs)) {
			if runs[i].kind == "" && problem != nil {
				continue
			}
			if err := runs[i].run(ctx, l, psql, folder); err != nil {
				return err
			}
		}
		b.progress.show("rounds of all formats", round+1, b.scale.exportRounds)
	}
	b.tellExports(runs)
	b.judgeExports(runs, problem)
	return nil
}

func (b *bench) tellExports(runs []*exportRun) {
	t := b.report.table("Exports, each in its own process", "way", "rows", "s", "rows/s", "first byte, ms", "peak memory, MB", "and the program")
	for _, r := range runs {
		if len(r.times) == 0 {
			t.row(r.name, count(r.rows), "not measured")
			continue
		}
		first, peak, text := "", "", ""
		if r.kind != "" {
			first, peak, text = spreadOf(r.first).times(1e3).String(), spreadOf(r.peaks).String(), figure(median(r.texts))
		}
		t.row(r.name, count(r.rows), spreadOf(r.times), figure(float64(r.rows)/median(r.times)), first, peak, text)
	}
	t.Note = "Times are of the whole process, its start and its connection included. The program is this one, with all that it compares: its own text is not counted as memory. A format that must be complete before it can be sent has a late first byte."
}

func (b *bench) judgeExports(runs []*exportRun, noPsql error) {
	csv, psql, excel, bareExcel, pdf, barePDF := runs[0], runs[1], runs[4], runs[5], runs[6], runs[7]
	rows := func(r *exportRun) string { return ", " + count(r.rows) + " rows" }
	g := goal{ID: "E1", What: "CSV" + rows(csv), Of: psqlName, Limit: 0.9}
	if noPsql != nil {
		b.report.missing(g, notMeasured, noPsql.Error())
	} else {
		b.report.measured(g, pairedRatio(csv.times, psql.times), "")
	}
	b.report.measured(goal{ID: "E2", What: "Excel" + rows(excel), Of: "a bare excelize stream", Limit: 1.05}, pairedRatio(excel.times, bareExcel.times), "")
	b.report.measured(goal{ID: "E3", What: "PDF" + rows(pdf), Of: "bare fpdf in parts", Limit: 1.1}, pairedRatio(pdf.times, barePDF.times), "")
	b.report.measured(goal{ID: "E1", What: "CSV, time to the first byte", Of: "its whole time", Limit: 0.1}, pairedRatio(csv.first, csv.times), "")
	for _, m := range []struct {
		id, what string
		run      *exportRun
		limit    float64
	}{{"E1", "CSV", csv, 30}, {"E2", "Excel", excel, 200}, {"E3", "PDF", pdf, 70}} {
		g := goal{ID: m.id, What: m.what + ", peak memory" + rows(m.run), Limit: m.limit, Unit: "MB"}
		if median(m.run.peaks) == 0 {
			b.report.missing(g, notMeasured, "the system does not report a process's peak")
			continue
		}
		b.report.measured(g, spreadOf(m.run.peaks), "")
	}
}

func (r *exportRun) run(ctx context.Context, l *pgLog, psql, folder string) error {
	file := filepath.Join(folder, "export")
	if r.kind == "" {
		return r.runPsql(ctx, l, psql, file)
	}
	result, err := inChild(ctx, childSpec{Kind: r.kind, URL: l.url, Schema: l.schema, Rows: r.rows, File: file})
	if err != nil {
		return err
	}
	r.times = append(r.times, result.Seconds)
	r.first = append(r.first, result.FirstByte)
	r.peaks = append(r.peaks, (result.PeakKB-result.TextKB)*1024/1e6)
	r.texts = append(r.texts, result.TextKB*1024/1e6)
	return nil
}

// findPsql returns psql's path. What Debian has on the PATH is a script that
// chooses a version, and takes longer than a small export does; psql itself is
// beside the server's programs.
func findPsql() (string, error) {
	if paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/psql"); len(paths) > 0 {
		return paths[len(paths)-1], nil
	}
	if path, err := exec.LookPath("psql"); err == nil {
		return path, nil
	}
	return "", errors.New("no psql")
}

func (r *exportRun) runPsql(ctx context.Context, l *pgLog, psql, file string) error {
	config, err := pgx.ParseConfig(l.url)
	if err != nil {
		return errors.New(`running psql: the database is not given by a postgres:// URL`)
	}
	command := exec.CommandContext(ctx, psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", `\copy (`+selectRows(r.rows)+`) TO '`+file+`' WITH (FORMAT csv)`)
	command.Env = append(os.Environ(), // the password is not for the list of processes
		"PGHOST="+config.Host, "PGPORT="+strconv.Itoa(int(config.Port)), "PGUSER="+config.User, "PGPASSWORD="+config.Password,
		"PGDATABASE="+config.Database, "PGOPTIONS=-c search_path="+l.schema)
	begin := time.Now()
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("running psql: %w: %s", err, out)
	}
	r.times = append(r.times, time.Since(begin).Seconds())
	return nil
}
