/* SPDX-License-Identifier: MIT
 *
 * What the pictures share: a head with two palettes, and a shape for each peer. The colours are Okabe and
 * Ito's, which can be told apart by those who see few colours; on dark ground their lighter sisters.
 */
#include "compare.h"

void svg_begin(FILE *file, double width, double height)
{
    static const char *const light[] = {"#0072b2", "#d55e00", "#008a64", "#b3559a",
                                        "#666666", "#8a6d00", "#444",    "#999"};
    static const char *const dark[] = {"#56b4e9", "#ff9248", "#2fc9a0", "#e79bc6",
                                       "#aaaaaa", "#f0e442", "#ccc",    "#888"};
    fprintf(file,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' "
            "font-family='DejaVu Sans, Verdana, sans-serif'>\n<style>\n"
            ".ground{fill:#fff}.text{fill:#222}.faint{fill:#666}.line{stroke:#222}.grid{stroke:#ddd}"
            ".halo{stroke:#fff;stroke-width:3;paint-order:stroke}\n",
            width, height, width, height);
    for (int peer = 0; peer < PEERS_MOST; peer++)
        fprintf(file, ".p%d{fill:%s;stroke:%s}", peer, light[peer], light[peer]);
    fprintf(
        file,
        "\n@media (prefers-color-scheme:dark){\n"
        ".ground{fill:#0d1117}.text{fill:#e6e6e6}.faint{fill:#a0a0a0}.line{stroke:#e6e6e6}.grid{stroke:#333}"
        ".halo{stroke:#0d1117}\n");
    for (int peer = 0; peer < PEERS_MOST; peer++)
        fprintf(file, ".p%d{fill:%s;stroke:%s}", peer, dark[peer], dark[peer]);
    fprintf(file, "}\n</style>\n<rect class='ground' width='100%%' height='100%%'/>\n");
}

void svg_end(FILE *file)
{
    fputs("</svg>\n", file);
}

void svg_marker(FILE *file, int peer, double x, double y)
{
    static const char *const shape[PEERS_MOST] = {
        "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", /* a disc */
        "m-3.5 -3.5h7v7h-7z",                  /* a square */
        "m0 -4.6l4.6 8h-9.2z",                 /* a triangle */
        "m0 -5l5 5l-5 5l-5 -5z",               /* a diamond */
        "m0 4.6l4.6 -8h-9.2z",                 /* a triangle on its tip */
        "m-4 -1.2h8v2.4h-8z",                  /* a bar */
        "m-1.2 -4h2.4v8h-2.4z",                /* one that stands */
        "m-4 0l3 -4h5l-3 4l3 4h-5z",           /* an arrow's tail */
    };
    fprintf(file, "<path class='p%d' d='M%.1f %.1f%s'/>\n", peer, x, y, shape[peer]);
}
