/* SPDX-License-Identifier: MIT
 *
 * Files below a root, and nothing else, whatever the path says.
 *
 * The path is walked name by name, each opened from the folder before it and no symbolic link followed. So
 * there is no moment at which a name could come to mean something outside; `..` is refused. (Comparing
 * strings is how it goes wrong: what is compared is not what is opened.)
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct http_file {
    int fd; /* owned */
    int64_t size;
    time_t modified;
    const char *type; /* of the content */
};

/* By the name's ending. */
static const char *content_type(const char *name)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".json", "application/json"},
        {".jsonl", "application/jsonl"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".gif", "image/gif"},
        {".pdf", "application/pdf"},
        {".wasm", "application/wasm"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(ending, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* What HTTP says of an error. */
static int status_of(int error)
{
    return error == EACCES || error == EPERM                            ? 403
           : error == EMFILE || error == ENFILE || error == ENOMEM      ? 503
           : error == ENOENT || error == ENOTDIR || error == ELOOP      ? 404
           : error == ENAMETOOLONG || error == ENXIO || error == EINVAL ? 404
                                                                        : 500;
}

/* Opens `name` in `folder`, and closes the folder. */
static int step_into(int folder, const char *name, int flags)
{
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(folder);
    errno = error;
    return fd;
}

/* The folder that the path's last name is in; *name is that name, "" after a final slash. */
static int walk(int root, char *path, char **name)
{
    int folder = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *next = path + 1;
    for (char *slash; folder >= 0 && (slash = strchr(next, '/')); next = slash + 1) {
        *slash = '\0';
        if (strcmp(next, "..") == 0) {
            close(folder);
            errno = ENOENT;
            return -1;
        }
        if (*next)
            folder = step_into(folder, next, O_PATH | O_DIRECTORY);
    }
    *name = next;
    return folder;
}

/* Opens the file at `path`, which is taken apart; of a folder its index.html. The status: 200, or 301 for
 * a folder that was asked for without its slash, 403, 404 … */
static int open_below(int root, char *path, struct http_file *file)
{
    struct stat facts;
    char *name;
    int folder = walk(root, path, &name);
    if (folder < 0)
        return status_of(errno);
    if (*name == '\0')
        name = "index.html";
    if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0) {
        close(folder);
        return 404;
    }
    int fd = step_into(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY); /* a pipe must not keep us */
    if (fd < 0)
        return status_of(errno);
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return S_ISDIR(facts.st_mode) ? 301 : 403;
    }
    *file = (struct http_file){fd, facts.st_size, facts.st_mtime, content_type(name)};
    return 200;
}

#endif
