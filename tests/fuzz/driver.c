// SPDX-License-Identifier: BSD-2-Clause
// Runs a target over files, where the compiler has no fuzzer: DRIVER FILE_OR_FOLDER ...
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FOLDERS = 8 };

static size_t runs;

static int run_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    FILE *file;
    uint8_t *data;
    size_t size;

    (void)place;
    if (kind != FTW_F)
        return 0;
    file = fopen(path, "rb");
    data = malloc((size_t)status->st_size + 1);
    if (file == NULL || data == NULL) {
        perror(path);
        exit(2);
    }
    size = fread(data, 1, (size_t)status->st_size, file);
    fclose(file);
    fprintf(stderr, "%s: %zu bytes\n", path, size); /* the last one said is the one that failed */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    runs++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (nftw(argv[i], run_file, MOST_FOLDERS, FTW_PHYS) != 0) {
            perror(argv[i]);
            return 2;
        }
    }
    fprintf(stderr, "%zu inputs\n", runs);
    return runs > 0 ? 0 : 2;
}
