/* SPDX-License-Identifier: MIT
 *
 * Writes a picture as a PNG file with libpng. The same pixels always give the same bytes: no time, no
 * comment.
 */
#include "viz/sdl/png.h"

#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "viz/trace/recording.h"

static void drop_alpha(const SDL_Surface *surface, uint8_t *out)
{
    for (int y = 0; y < surface->h; y++) {
        const uint8_t *row = (const uint8_t *)surface->pixels + (size_t)y * (size_t)surface->pitch;
        for (int x = 0; x < surface->w; x++) {
            uint32_t pixel;
            memcpy(&pixel, row + 4 * (size_t)x, sizeof pixel);
            *out++ = (uint8_t)(pixel >> 16);
            *out++ = (uint8_t)(pixel >> 8);
            *out++ = (uint8_t)pixel;
        }
    }
}

static int fail(const char *path, const char *reason, struct plx_problem *why)
{
    snprintf(why->text, sizeof why->text, "%.120s: %.120s", path, reason);
    return -EIO;
}

static int write_pixels(FILE *file, const char *path, SDL_Surface *surface, struct plx_problem *why)
{
    size_t width = (size_t)surface->w, height = (size_t)surface->h;
    uint8_t *pixels = malloc(width * height * 3);
    if (pixels == NULL)
        return fail(path, strerror(ENOMEM), why);
    drop_alpha(surface, pixels);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGB};
    int written = png_image_write_to_stdio(&image, file, 0, pixels, 0, NULL);
    free(pixels);
    return written ? 0 : fail(path, image.message, why);
}

int plx__png_write(const char *path, SDL_Surface *surface, struct plx_problem *why)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return fail(path, strerror(errno), why);
    struct stat status;
    bool regular = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
    int failed = write_pixels(file, path, surface, why);
    if (fclose(file) != 0 && failed == 0)
        failed = fail(path, strerror(errno), why);
    if (failed != 0 && regular) /* half a picture; but never a device */
        remove(path);
    return failed;
}
