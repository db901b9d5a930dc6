/* SPDX-License-Identifier: MIT
 *
 * Pollux: the whole library on one page.
 *
 *     #include <pollux.h>
 *
 *     struct greeting { struct plx_address to; };                        // the chain's environment
 *
 *     static plx_tcp_connect dial(struct greeting *g) { return plx_tcp_connect_new(g->to); }
 *     static plx_write_all greet(struct greeting *g, plx_tcp_stream sock)
 *     {
 *         return plx_write_all_new(sock, "hello world\n", 12);
 *     }
 *
 *     PLX_START(connected, struct greeting, plx_tcp_connect, dial)       // connect(…)
 *     PLX_AND_THEN(greeted, connected, plx_write_all, greet)             // .and_then(|sock| write_all(sock, …))
 *
 *     int main(void)
 *     {
 *         struct greeting g;
 *         if (plx_address_parse("127.0.0.1:6142", &g.to))
 *             return 2;
 *         return PLX_RUN(greeted, greeted_new(&g)) ? 1 : 0;              // tokio::run(…)
 *     }
 *
 * Run it with POLLUX_TRACE=hello.jsonl and look at it: pollux play hello.jsonl.
 */
#ifndef PLX_POLLUX_H
#define PLX_POLLUX_H

/* Futures: what they are, and those made of others.
 *     PLX_LEAF(T)                    a future written by hand: T, T_item, T_poll, T_drop
 *     PLX_START(T, ENV, A, f)        begins a chain with the A, mostly a leaf, that f makes
 *     PLX_AND_THEN(T, A, B, f)       A, then the B that f makes of its item
 *     PLX_OR_ELSE(T, A, B, f)        A, or when it fails the B that f makes of its error
 *     PLX_THEN(T, A, B, f)           A, then the B that f makes of what came of it
 *     PLX_MAP(T, A, type, f)         A with another item       PLX_MAP_ERR(T, A, f)   with another error
 *     PLX_JOIN(T, A, B)              both                      PLX_SELECT(T, A, B)    whichever is first
 *     PLX_FOR_EACH(T, S, B, f)       for every item of the stream S the B that f makes of it
 *     PLX_OWNING(T, A, cleanup)      A, with its environment
 *     PLX_BOXED(T, type)             any future with that item, behind a pointer
 *     PLX_VALUE(T, type)             ready at once             plx_ok_new(), plx_err(code)
 *     PLX_ASYNC(T, vars, type, AWAITS, cleanup) { PLX_BEGIN; … PLX_AWAIT(into, point, future); … PLX_END; } */
#include "lib/future/and_then.h"
#include "lib/future/async.h"
#include "lib/future/boxed.h"
#include "lib/future/future.h"
#include "lib/future/join.h"
#include "lib/future/map.h"
#include "lib/future/ok.h"
#include "lib/future/or_else.h"
#include "lib/future/owning.h"
#include "lib/future/select.h"
#include "lib/future/stream.h"
#include "lib/future/then.h"

/* Tasks and notify.
 *     PLX_SPAWN(T, future)           PLX_HANDLE(H, T), H_spawn(future, &handle): a handle is a future too
 *     H_abort, plx_abort_handle      ends a task from outside
 *     plx_task_fatal("why")          ends this task, as a panic would
 *     PLX_JOIN_SET(S, T)             many tasks, and their items as they end: S_spawn, S_next_new
 *     plx_local_set                  tasks that stay on one thread: PLX_SPAWN_LOCAL, plx_local_set_run
 *     PLX_TASK_LOCAL(name, type, done)     a variable of which each task has its own
 *     PLX_UNCONSTRAINED(T, A), plx_consume_budget_new()     the budget of a poll
 *     plx_task_current()             a waker of the task that is polled (0.1)     plx_context_waker(cx) (0.3)
 *     plx_waker_notify, _clone, _drop                                            struct plx_notify
 *     plx_yield_new()                lets the others run first */
#include "lib/task/abort.h"
#include "lib/task/budget.h"
#include "lib/task/context.h"
#include "lib/task/contract.h"
#include "lib/task/fatal.h"
#include "lib/task/join.h"
#include "lib/task/join_set.h"
#include "lib/task/local_set.h"
#include "lib/task/notify.h"
#include "lib/task/task_local.h"
#include "lib/task/waker_cell.h"
#include "lib/task/yield.h"

/* Runtimes.
 *     PLX_RUN(T, future)             plx_runtime_new, PLX_BLOCK_ON, plx_runtime_wait_idle, plx_runtime_free
 *     plx_executor_of(runtime)       a handle to spawn with from anywhere: PLX_SPAWN_WITH; plx_runtime_enter
 *     PLX_BLOCKING(T, ENV, type, f)  a future that may block its thread; PLX_SPAWN_BLOCKING: a task that may
 *     plx_runtime_shutdown_on_idle, _timeout     plx_runtime_metrics, plx_runtime_worker_metrics
 *     PLX_WAIT(T, future, &item)     without any runtime: drives a future on this thread */
#include "lib/runtime/options.h"
#include "lib/runtime/runtime.h"
#include "lib/scheduler/blocking.h"
#include "lib/task/wait.h"

/* Bytes, wherever they come from.
 *     plx_stream                     of a TCP or Unix socket (plx_stream_of_tcp), a pipe (plx_stream_of_fd), a file …
 *     plx_duplex(capacity, &a, &b)   two of them in memory, for tests
 *     plx_stream_read, _read_exact, _read_to_end, _write_all, _writev, _flush, _shutdown
 *     plx_buf_reader, plx_read_line, plx_read_until            plx_buf_writer
 *     plx_copy, plx_copy_bidirectional                         plx_stream_split, plx_stream_reunite
 *     plx_stream_chain, plx_stream_limit, plx_stream_of_bytes
 *     plx_framed, plx_framed_next, plx_framed_send             with plx_line_codec, plx_length_codec */
#include "lib/io/buf_reader.h"
#include "lib/io/buf_writer.h"
#include "lib/io/bytes.h"
#include "lib/io/codec.h"
#include "lib/io/compose.h"
#include "lib/io/copy.h"
#include "lib/io/duplex.h"
#include "lib/io/framed.h"
#include "lib/io/read.h"
#include "lib/io/split.h"
#include "lib/io/stream.h"
#include "lib/io/write.h"

/* Channels and locks, between tasks and plain threads.
 *     PLX_ONESHOT(O, type)           one value: O_channel, O_send; O_receiver is a future
 *     PLX_MPSC(C, type)              many senders, one receiver: C_channel, C_send_new, C_try_send; C_receiver is a
 *                                    stream, C_recv_new, C_try_recv        the mailbox of an actor
 *     PLX_WATCH(W, type)             the latest value, to all             W_channel, W_send, W_get, W_recv_new
 *     PLX_BROADCAST(B, type)         every value, to all                  B_channel, B_send, B_subscribe, B_recv_new
 *     plx_mutex_lock_new, plx_rwlock_read_new, plx_rwlock_write_new, plx_acquire_new     ready with a plx_permit
 *     plx_notified_new               plx_sync_notify_one, plx_sync_notify_waiters
 *     plx_barrier_wait_new           PLX_ONCE_CELL(C, type), PLX_ONCE_GET(T, C, ENV, A, f)
 *     PLX_ONESHOT_SPAWN(S, T)        a task that ends when its handle is dropped */
#include "lib/sync/barrier.h"
#include "lib/sync/broadcast.h"
#include "lib/sync/mpsc.h"
#include "lib/sync/mutex.h"
#include "lib/sync/notify.h"
#include "lib/sync/once_cell.h"
#include "lib/sync/oneshot.h"
#include "lib/sync/oneshot_spawn.h"
#include "lib/sync/rwlock.h"
#include "lib/sync/semaphore.h"
#include "lib/sync/watch.h"

/* The network.
 *     plx_tcp_connect, plx_tcp_listener_bind, plx_tcp_listener_incoming; plx_tcp_connect_host, plx_resolve
 *     plx_read_exact, plx_read_some, plx_write_all             over one TCP stream, which moves through a chain
 *     plx_unix_connect, plx_unix_listener_bind, plx_unix_pair  Unix streams
 *     plx_udp_bind, plx_unix_datagram_bind, plx_datagram_…     datagrams; with a codec: plx_datagram_framed
 *     plx_socket_set, plx_socket_get                           options
 *     plx_poll_evented, plx_io_attempt                         to make a leaf of any descriptor
 *     plx_readiness                                            many tasks wait for one descriptor */
#include "lib/io/attempt.h"
#include "lib/net/address.h"
#include "lib/net/datagram.h"
#include "lib/net/datagram_framed.h"
#include "lib/net/io.h"
#include "lib/net/option.h"
#include "lib/net/resolve.h"
#include "lib/net/tcp.h"
#include "lib/net/unix.h"
#include "lib/reactor/poll_evented.h"
#include "lib/reactor/readiness.h"

/* Files: each is a future that makes its system calls in a blocking section.
 *     plx_file_open                  then _read, _read_exact, _write_all, _seek, _stat, _sync, _set_len,
 *                                    _set_permissions, _try_clone, _close: each owns the file and gives it back
 *     plx_fs_read, plx_fs_write      whole files
 *     plx_fs_create_dir, _create_dir_all, _remove_dir, _remove_dir_all, _read_dir (a stream)
 *     plx_fs_remove, _rename, _link, _symlink, _read_link, _canonicalize
 *     plx_fs_metadata, _symlink_metadata, _set_permissions
 *     plx_temp_file, plx_temp_named, plx_temp_dir
 *     plx_stream_of_file             to copy from and to it */
#include "lib/fs/dir.h"
#include "lib/fs/file.h"
#include "lib/fs/path.h"
#include "lib/fs/temp.h"
#include "lib/fs/whole.h"

/* Processes.
 *     plx_command_spawn, plx_child_wait, plx_child_kill      plx_output: all that a program says
 *     plx_signal_listen, plx_signal (a stream), plx_signal_next
 *     plx_pipe                       plx_stdin, plx_stdout, plx_stderr: streams that never block */
#include "lib/process/command.h"
#include "lib/process/output.h"
#include "lib/process/pipe.h"
#include "lib/process/signal.h"
#include "lib/process/stdio.h"

/* Time. Durations are nanoseconds: PLX_US(n), PLX_MS(n), PLX_SECONDS(n), PLX_MINUTES(n), PLX_FOREVER.
 *     plx_delay_for(ns), plx_delay_until(instant)      ready then; plx_delay_reset
 *     plx_interval_new(period)       a stream of ticks
 *     PLX_TIMEOUT(T, A, after)       A, unless it takes too long      T_is_elapsed(error)
 *     PLX_TIMEOUT_STREAM(T, S, after), PLX_THROTTLE(T, S, spacing)    streams with time limits, either way
 *     plx_delay_queue                things that expire, by key: a stream of those that have
 *     plx_instant_now()              plx_clock: a clock that a test pauses, and moves on by hand */
#include "lib/time/clock.h"
#include "lib/time/delay.h"
#include "lib/time/delay_queue.h"
#include "lib/time/instant.h"
#include "lib/time/interval.h"
#include "lib/time/throttle.h"
#include "lib/time/timeout.h"
#include "lib/time/timer.h"

/* The trace.
 *     plx_note("…")                  a caption       plx_trace_start(path), plx_trace_stop() */
#include "lib/trace/trace.h"

#endif
