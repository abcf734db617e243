/* What the test programs in C share: counting checks, files, and the vendor. */

#ifndef CHECK_H
#define CHECK_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "waybill.h"

static unsigned passed, failed;
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;

/* Notes a check; a failed one is shown, and the program goes on. */
static inline void note(bool holds, const char *file, int line, const char *what, const waybill_error *error)
{
    pthread_mutex_lock(&counting);
    if (holds) {
        passed++;
    } else {
        failed++;
        fprintf(stderr, "%s:%d: %s\n", file, line, what);
        if (error)
            fprintf(stderr, "    [%s] %s\n", waybill_error_code(error), waybill_error_says(error, NULL));
    }
    pthread_mutex_unlock(&counting);
}

#define CHECK(what) note((what), __FILE__, __LINE__, #what, NULL)

/* The call ends with this result, and the error object says the same. `error` is the one in scope. */
#define ENDS(result, call)                                                                    \
    do {                                                                                      \
        waybill_result found_ = (call);                                                       \
        note(found_ == (result) && waybill_error_result(error) == found_, __FILE__, __LINE__, \
             #call " ends with " #result, error);                                             \
    } while (0)

#define WORKS(call) ENDS(WAYBILL_RESULT_OK, call)

#define SAME(found, expected) note(same((found), (expected)), __FILE__, __LINE__, #found " is " #expected, NULL)

static inline bool same(const char *found, const char *expected)
{
    return found && strcmp(found, expected) == 0;
}

/* A path in the folder of this run, which is the first argument of each program. */
static const char *scratch;

static inline char *path(const char *name)
{
    size_t length = strlen(scratch) + strlen(name) + 2;
    char *joined = malloc(length);
    if (!joined)
        abort();
    snprintf(joined, length, "%s/%s", scratch, name);
    return joined;
}

struct bytes {
    uint8_t *data;
    size_t length;
};

/* A whole file, in memory of exactly its size, so that a reader of one byte too many is caught. */
static inline struct bytes load(const char *name)
{
    struct bytes bytes = {NULL, 0};
    char *from = path(name);
    FILE *file = fopen(from, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "%s cannot be read\n", from);
        exit(2);
    }
    bytes.length = (size_t)ftell(file);
    bytes.data = malloc(bytes.length);
    rewind(file);
    if (!bytes.data || fread(bytes.data, 1, bytes.length, file) != bytes.length)
        exit(2);
    fclose(file);
    free(from);
    return bytes;
}

static inline void save(const char *name, const void *data, size_t length)
{
    char *to = path(name);
    FILE *file = fopen(to, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0) {
        fprintf(stderr, "%s cannot be written\n", to);
        exit(2);
    }
    free(to);
}

/* The vendor's program, which is the second argument. It runs in the folder of this run. */
static const char *vendor;

static inline void ask_vendor(const char *words)
{
    size_t length = strlen(scratch) + strlen(vendor) + strlen(words) + 16;
    char *command = malloc(length);
    if (!command)
        abort();
    snprintf(command, length, "cd '%s' && '%s' %s", scratch, vendor, words);
    if (system(command) != 0) {
        fprintf(stderr, "the vendor failed: %s\n", command);
        exit(2);
    }
    free(command);
}

/* Hands a request to the vendor, and brings back the answer. */
static inline struct bytes answer(const waybill_request *request, const char *how)
{
    char words[64];
    size_t length;
    const uint8_t *data = waybill_request_data(request, &length);
    save("request.waybill", data, length);
    snprintf(words, sizeof words, "%s request.waybill answer.waybill%s", how,
             strcmp(how, "revoking") == 0 ? " license.waybill" : "");
    ask_vendor(words);
    return load("answer.waybill");
}

static inline void begin(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "%s FOLDER VENDOR\n", words[0]);
        exit(2);
    }
    scratch = words[1];
    vendor = words[2];
    ask_vendor("trust trust.waybill");
}

static inline int end(const char *name)
{
    printf("%s: %u right, %u wrong\n", name, passed, failed);
    return failed ? 1 : 0;
}

/* Sets an installation up in a folder of that name. */
static inline waybill_installation *set_up(const char *name, waybill_error *error)
{
    struct bytes trust = load("trust.waybill");
    char *directory = path(name);
    waybill_installation *installation = NULL;
    WORKS(waybill_installation_set_up(directory, strlen(directory), trust.data, trust.length, "PS1", 3,
                                      "Headquarters", 12, NULL, 0, &installation, error));
    if (!installation)
        exit(1);
    free(directory);
    free(trust.data);
    return installation;
}

#endif
