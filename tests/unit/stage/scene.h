/* SPDX-License-Identifier: MIT
 *
 * Views made by hand, for tests of the stage: the mock-up's moment, and chains of any shape.
 */
#ifndef PLX_TEST_SCENE_H
#define PLX_TEST_SCENE_H

#include "viz/view/view.h"

#define SCENE_BOXES 512

struct scene {
    struct plx_view view;
    struct plx_view_box box[SCENE_BOXES];
    struct plx_view_worker worker[64];
    struct plx_view_source source[64];
    struct plx_view_line line[40];
    struct plx_view_step why[8];
    uint64_t task[64];
};

static inline int scene_add(struct scene *scene, int parent, const char *kind, const char *name,
                            enum plx_sign sign, const char *word)
{
    int index = scene->view.chain.count++;
    scene->box[index] = (struct plx_view_box){
        .future = (uint32_t)index + 1,
        .depth = parent < 0 ? 0 : scene->box[parent].depth + 1,
        .parent = parent,
        .kind = kind,
        .name = name,
        .detail = "",
        .sign = sign,
        .value = "",
        .word = word,
        .file = "client.c",
        .line = 31,
    };
    return index;
}

static inline void scene_chain(struct scene *scene)
{
    struct plx_view_chain *chain = &scene->view.chain;
    *chain = (struct plx_view_chain){.task = 1,
                                     .name = "client",
                                     .state = "polled by worker 0",
                                     .sign = PLX_SIGN_POLL,
                                     .polls = 12,
                                     .boxes = scene->box,
                                     .motion = PLX_MOTION_IN};
    int root = scene_add(scene, -1, "and_then", "process_response", PLX_SIGN_POLL, "poll");
    int request = scene_add(scene, root, "and_then", "send_request", PLX_SIGN_POLL, "poll");
    int read = scene_add(scene, request, "and_then", "read_handshake", PLX_SIGN_POLL, "poll");
    int sent = scene_add(scene, read, "and_then", "send_handshake", PLX_SIGN_READY, "Ready(Sock 7)");
    int connect = scene_add(scene, sent, "connect", "", PLX_SIGN_READY, "Ready(Sock 7)");
    int exact = scene_add(scene, read, "read_exact", "", PLX_SIGN_POLL, "poll");
    scene_add(scene, request, "write_all", "request", PLX_SIGN_LATER, "later");
    scene_add(scene, root, "read_exact", "response", PLX_SIGN_LATER, "later");
    for (int i = root; i <= read; i++) {
        scene->box[i].on_path = true;
        scene->box[i].before = PLX_SIGN_NOT_READY;
    }
    scene->box[connect].detail = "127.0.0.1:6142";
    scene->box[exact].detail = "4 of 10 bytes";
    scene->box[exact].on_path = scene->box[exact].current = true;
    chain->from = read;
    chain->to = exact;
}

static inline void scene_workers(struct scene *scene, int count)
{
    for (int i = 0; i < count && i < 64; i++)
        scene->worker[i] = (struct plx_view_worker){.worker = (uint32_t)i,
                                                    .sign = PLX_SIGN_DROPPED,
                                                    .state = "parked",
                                                    .deque = scene->task,
                                                    .polls = 5,
                                                    .steals = 1,
                                                    .parks = 4};
    scene->worker[0].sign = PLX_SIGN_POLL;
    scene->worker[0].state = "polls task 1";
    scene->worker[0].queued = 2;
    scene->worker[0].current = true;
    scene->view.worker = scene->worker;
    scene->view.workers = count;
    scene->view.worker_count = (uint32_t)count;
    for (int i = 0; i < 64; i++)
        scene->task[i] = (uint64_t)i + 2;
    scene->view.global = scene->task;
}

static inline void scene_sources(struct scene *scene, int count)
{
    for (int i = 0; i < count && i < 64; i++)
        scene->source[i] = (struct plx_view_source){.token = (uint64_t)i + 3,
                                                    .fd = i + 7,
                                                    .what = "tcp 127.0.0.1:6142",
                                                    .readable = i == 0,
                                                    .reader = (uint64_t)(i + 1)};
    scene->source[0].current = true;
    scene->view.source = scene->source;
    scene->view.sources = count;
}

static inline void scene_story(struct scene *scene)
{
    static const struct plx_view_step steps[] = {
        {36, PLX_SIGN_DROPPED, "fd 7 readable"},  {37, PLX_SIGN_DROPPED, "token 3"},
        {38, PLX_SIGN_NOTIFIED, "notify task 1"}, {39, PLX_SIGN_DROPPED, "worker 0, LIFO"},
        {40, PLX_SIGN_POLL, "poll task 1"},       {41, PLX_SIGN_POLL, "read_exact"},
    };
    scene->view.sentence = "Worker 0 polls read_exact in task 1, because token 3 (fd 7) became readable.";
    for (int i = 0; i < 6; i++)
        scene->why[i] = steps[i];
    scene->view.why = scene->why;
    scene->view.whys = 6;
    for (int i = 0; i < 40; i++)
        scene->line[i] = (struct plx_view_line){.event = (size_t)i + 11,
                                                .who = "w0",
                                                .verb = "waker_clone",
                                                .text = "read_exact in task 1",
                                                .sign = PLX_SIGN_POLL,
                                                .task = 1};
    scene->view.log = scene->line;
    scene->view.log_count = 40;
    scene->view.log_at = 30;
}

/* The moment that the mock-up shows. */
static inline void scene_make(struct scene *scene)
{
    *scene = (struct scene){.view = {.file = "handshake.jsonl",
                                     .program = "client",
                                     .mode = "thread_pool",
                                     .event = 41,
                                     .events = 186,
                                     .t_ns = 1482000,
                                     .issues = 2,
                                     .issue = "odd"}};
    scene_chain(scene);
    scene_workers(scene, 2);
    scene_sources(scene, 2);
    scene_story(scene);
}

#endif
