// SPDX-License-Identifier: MIT
//
// The benchmarks in Go. The shapes are those of ../../README.md; a task is a goroutine, a oneshot a channel of
// capacity 1, waiting for all a WaitGroup.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const batch = 10000

// ── what is printed ──────────────────────────────────────────────────────────────────────────────────

type stopwatch struct {
	wall time.Time
	cpu  int64
}

func cpuNs() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

func start() stopwatch {
	return stopwatch{time.Now(), cpuNs()}
}

func (w stopwatch) report(bench string, n int, more string) {
	wall, cpu := time.Since(w.wall).Nanoseconds(), cpuNs()-w.cpu
	fmt.Printf("{\"peer\":\"go\",\"bench\":\"%s\",\"n\":%d,\"ns_total\":%d,\"ns_per_op\":%.2f,\"cpu_ns_per_op\":%.2f%s}\n",
		bench, n, wall, float64(wall)/float64(n), float64(cpu)/float64(n), more)
}

func useWorkers() {
	workers := 2
	if text := os.Getenv("BENCH_WORKERS"); text != "" {
		workers, _ = strconv.Atoi(text)
	}
	runtime.GOMAXPROCS(workers)
}

// ── tasks ────────────────────────────────────────────────────────────────────────────────────────────

func batchesOf(n int) int {
	if n < batch {
		return 1
	}
	return n / batch
}

func spawnBatches(batches, batch int) {
	done := make(chan struct{})
	go func() {
		for ; batches > 0; batches-- {
			var all sync.WaitGroup
			all.Add(batch)
			for i := 0; i < batch; i++ {
				go func() { all.Done() }()
			}
			all.Wait()
		}
		close(done)
	}()
	<-done
}

func spawnMany(n int) {
	spawnIn("spawn_many", batchesOf(n), batch)
}

func spawnIn(bench string, batches, batch int) {
	spawnBatches(batches/10+1, batch)
	watch := start()
	spawnBatches(batches, batch)
	watch.report(bench, batches*batch, "")
}

// Over the number of tasks that are there at a time: a million of them in all, in batches of n.
func spawnN(n int) {
	spawnIn("spawn_n", inAll(n)/n, n)
}

func inAll(n int) int {
	if n > 1000000 {
		return n
	}
	return 1000000
}

func yieldAll(tasks, times int) {
	var all sync.WaitGroup
	all.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			for j := 0; j < times; j++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

func yieldIn(bench string, tasks, times int) {
	yieldAll(tasks, times/10+1)
	watch := start()
	yieldAll(tasks, times)
	watch.report(bench, times*tasks, "")
}

func yieldMany(n int) {
	yieldIn("yield_many", 1000, n/1000+1)
}

func yieldN(n int) {
	times := inAll(n) / n
	if times < 10 {
		times = 10
	}
	yieldIn("yield_n", n, times)
}

func ping(all *sync.WaitGroup) {
	there, back := make(chan uint64, 1), make(chan uint64, 1)
	go func() { back <- <-there + 1 }()
	there <- 1
	<-back
	all.Done()
}

func play(rounds int) {
	for ; rounds > 0; rounds-- {
		var all sync.WaitGroup
		all.Add(batch)
		for i := 0; i < batch; i++ {
			go ping(&all)
		}
		all.Wait()
	}
}

func pingPong(n int) {
	rounds := batchesOf(n)
	play(rounds/10 + 1)
	watch := start()
	play(rounds)
	watch.report("ping_pong", rounds*batch, "")
}

func link(left int, done chan struct{}) {
	if left == 0 {
		close(done)
	} else {
		go link(left-1, done)
	}
}

func runChain(n int) {
	done := make(chan struct{})
	go link(n, done)
	<-done
}

func chainedSpawn(n int) {
	runChain(n/10 + 1)
	watch := start()
	runChain(n)
	watch.report("chained_spawn", n, "")
}

// ── wakes and channels ───────────────────────────────────────────────────────────────────────────────

func cross(rounds int, locked bool) {
	there, back := make(chan int, 1), make(chan int, 1)
	var all sync.WaitGroup
	all.Add(2)
	go func() {
		if locked {
			runtime.LockOSThread()
		}
		for i := 0; i < rounds; i++ {
			there <- i
			<-back
		}
		all.Done()
	}()
	go func() {
		if locked {
			runtime.LockOSThread()
		}
		for i := 0; i < rounds; i++ {
			<-there
			back <- i
		}
		all.Done()
	}()
	all.Wait()
}

func wakeCross(bench string, n int, locked bool) {
	cross(n/10+1, locked)
	watch := start()
	cross(n, locked)
	watch.report(bench, n, "")
}

func produce(each int) {
	channel := make(chan uint64, 1024)
	var all sync.WaitGroup
	all.Add(4)
	for i := 0; i < 4; i++ {
		go func() {
			for left := each; left > 0; left-- {
				channel <- uint64(left)
			}
			all.Done()
		}()
	}
	go func() { all.Wait(); close(channel) }()
	sum := make(chan uint64)
	go func() {
		total := uint64(0)
		for value := range channel {
			total += value
		}
		sum <- total
	}()
	if <-sum != uint64(4*(each*(each+1)/2)) {
		panic("messages were lost")
	}
}

func mpsc(n int) {
	each := n/4 + 1
	produce(each/10 + 1)
	watch := start()
	produce(each)
	watch.report("mpsc", each*4, "")
}

// ── timers ───────────────────────────────────────────────────────────────────────────────────────────

func runTimers(n, least, most int, all bool) (stopwatch, int64, int64) {
	timers := make([]*time.Timer, n)
	var fired sync.WaitGroup
	if !all {
		fired.Add((n + 1) / 2)
	}
	fire := func() { fired.Done() }
	seed := uint64(1)
	watch := start()
	begin := time.Now()
	for i := range timers {
		seed = seed*6364136223846793005 + 1442695040888963407
		ms := least + int((seed>>33)%uint64(most-least+1))
		if all || i%2 == 1 {
			timers[i] = time.AfterFunc(time.Duration(ms)*time.Millisecond, func() {})
		} else {
			timers[i] = time.AfterFunc(time.Duration(ms)*time.Millisecond, fire)
		}
	}
	insert := time.Since(begin).Nanoseconds()
	begin = time.Now()
	step := 2
	if all {
		step = 1
	}
	for i := 1; i < n; i += step {
		timers[i].Stop()
	}
	cancel := time.Since(begin).Nanoseconds()
	fired.Wait()
	if all {
		timers[0].Stop()
	}
	return watch, insert, cancel
}

func timers(bench string, n, least, most int, all bool) {
	warm := most
	if !all {
		warm = 200
	}
	runTimers(n/10+1, least, warm, all)
	watch, insert, cancel := runTimers(n, least, most, all)
	cancelled := n / 2
	if all {
		cancelled = n - 1
	}
	watch.report(bench, n, fmt.Sprintf(",\"insert_ns\":%.2f,\"cancel_ns\":%.2f",
		float64(insert)/float64(n), float64(cancel)/float64(cancelled)))
}

// n timers are set, far away, and cancelled, again and again.
func timersN(n int) {
	rounds := inAll(n) / n
	if rounds > 10000 {
		rounds = 10000
	}
	for i := 0; i <= rounds/10; i++ {
		runTimers(n, 60000, 120000, true)
	}
	var insert, cancel int64
	watch := start()
	for i := 0; i < rounds; i++ {
		_, inserting, cancelling := runTimers(n, 60000, 120000, true)
		insert += inserting
		cancel += cancelling
	}
	watch.report("timers_n", rounds*n, fmt.Sprintf(",\"insert_ns\":%.2f,\"cancel_ns\":%.2f",
		float64(insert)/float64(rounds*n), float64(cancel)/float64(rounds*(n-1))))
}

// ── memory ───────────────────────────────────────────────────────────────────────────────────────────

func residentBytes() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

func idle(bench string, n int, onEvent bool) {
	never := make(chan struct{})
	before := residentBytes()
	var begun sync.WaitGroup
	begun.Add(n)
	watch := start()
	for i := 0; i < n; i++ {
		if onEvent {
			go func() { begun.Done(); <-never }()
		} else {
			go func() { begun.Done(); select {} }()
		}
	}
	begun.Wait()
	watch.report(bench, n, fmt.Sprintf(",\"rss_bytes_per_task\":%.1f", float64(residentBytes()-before)/float64(n)))
}

// ── the echo server ──────────────────────────────────────────────────────────────────────────────────

func tcpEchoServer(threads int) {
	runtime.GOMAXPROCS(threads)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("PORT %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		sock, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			defer sock.Close()
			bytes := make([]byte, 64)
			for {
				n, err := sock.Read(bytes)
				if err == io.EOF || err != nil {
					return
				}
				if _, err = sock.Write(bytes[:n]); err != nil {
					return
				}
			}
		}()
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go-bench BENCH [N] | tcp_echo_server THREADS")
		os.Exit(2)
	}
	given := 0
	if len(os.Args) > 2 {
		given, _ = strconv.Atoi(os.Args[2])
	}
	n := func(usual int) int {
		if given > 0 {
			return given
		}
		return usual
	}
	useWorkers()
	switch os.Args[1] {
	case "spawn_many":
		spawnMany(n(1000000))
	case "yield_many":
		yieldMany(n(1000000))
	case "ping_pong":
		pingPong(n(200000))
	case "chained_spawn":
		chainedSpawn(n(1000000))
	case "wake_cross":
		wakeCross("wake_cross", n(1000000), false)
	case "wake_cross_forced":
		wakeCross("wake_cross_forced", n(100000), true)
	case "mpsc":
		mpsc(n(4000000))
	case "timers":
		timers("timers", n(1000000), 1, 2000, false)
	case "timers_far":
		timers("timers_far", n(1000000), 60000, 120000, true)
	case "idle_mem":
		idle("idle_mem", n(1000000), true)
	case "idle_mem_bare":
		idle("idle_mem_bare", n(1000000), false)
	case "spawn_n":
		spawnN(n(1000))
	case "yield_n":
		yieldN(n(1000))
	case "timers_n":
		timersN(n(1000))
	case "tcp_echo_server":
		tcpEchoServer(n(1))
	default:
		fmt.Fprintln(os.Stderr, "go-bench: there is no bench", os.Args[1])
		os.Exit(2)
	}
}
