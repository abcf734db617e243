/* What the header says several threads may do, done by several threads. */

#include "check.h"

enum { THREADS = 8, ROUNDS = 25 };

struct shared {
    waybill_installation *installation;
    waybill_verdict *verdict;
    waybill_file *file;
    waybill_request *request;
    const char *directory;
};

/* One handle for all: nobody is turned away, since calls wait for each other. */
static void *use_one_handle(void *given)
{
    const struct shared *shared = given;
    waybill_error *error = waybill_error_new();
    for (int i = 0; i < ROUNDS; i++) {
        waybill_verdict *verdict = NULL;
        WORKS(waybill_installation_evaluate(shared->installation, WAYBILL_LICENSE_TYPE_FARM, &verdict, error));
        waybill_verdict_free(verdict);
        WORKS(waybill_installation_set_usage(shared->installation, WAYBILL_LICENSE_TYPE_FARM,
                                             WAYBILL_METRIC_CONCURRENT_USER, (uint64_t)i, error));
        ENDS(WAYBILL_RESULT_NOT_ALLOWED,
             waybill_installation_check(shared->installation, WAYBILL_LICENSE_TYPE_FARM,
                                        WAYBILL_METRIC_CONCURRENT_USER, 1, error));
        waybill_request *request = NULL;
        ENDS(WAYBILL_RESULT_NOT_ACTIVE, waybill_installation_prepare_refresh(
                                            shared->installation, WAYBILL_LICENSE_TYPE_FARM, &request, error));

        /* What never changes is looked at by all at once. */
        CHECK(waybill_verdict_state(shared->verdict) == WAYBILL_SLOT_STATE_EMPTY);
        CHECK(strlen(waybill_file_line(shared->file, 0, NULL)) > 0);
        CHECK(waybill_request_counter(shared->request) == 1);
    }
    waybill_error_free(error);
    return NULL;
}

/* A handle for each, as in several processes: a change may find the directory locked, and nothing else goes wrong. */
static void *use_own_handle(void *given)
{
    const struct shared *shared = given;
    waybill_error *error = waybill_error_new();
    waybill_installation *installation = NULL;
    WORKS(waybill_installation_open(shared->directory, strlen(shared->directory), &installation, error));
    for (int i = 0; i < ROUNDS; i++) {
        waybill_result result = waybill_installation_set_usage(installation, WAYBILL_LICENSE_TYPE_MOBILE,
                                                               WAYBILL_METRIC_MANAGED_DEVICE, (uint64_t)i, error);
        CHECK(result == WAYBILL_RESULT_OK || result == WAYBILL_RESULT_LOCKED);
        waybill_verdict *verdict = NULL;
        WORKS(waybill_installation_evaluate(installation, WAYBILL_LICENSE_TYPE_MOBILE, &verdict, error));
        waybill_verdict_free(verdict);
    }
    waybill_installation_free(installation);
    waybill_error_free(error);
    return NULL;
}

static void with_threads(void *(*work)(void *), struct shared *shared)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, shared) != 0)
            exit(2);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char **words)
{
    begin(count, words);
    waybill_error *error = waybill_error_new();
    struct shared shared = {.installation = set_up("state", error)};
    char *directory = path("state");
    shared.directory = directory;
    const char *key = "D0123-45678-9ABCD-EFGHY-CMBGD";
    WORKS(waybill_installation_prepare_activation(shared.installation, WAYBILL_LICENSE_TYPE_DESKTOP, key,
                                                  strlen(key), &shared.request, error));
    struct bytes trust = load("trust.waybill");
    WORKS(waybill_verify_file(WAYBILL_KIND_TRUST_BUNDLE, NULL, 0, trust.data, trust.length, &shared.file, error));
    WORKS(waybill_installation_evaluate(shared.installation, WAYBILL_LICENSE_TYPE_FARM, &shared.verdict, error));

    with_threads(use_one_handle, &shared);
    with_threads(use_own_handle, &shared);

    waybill_verdict *verdict = NULL;
    WORKS(waybill_installation_evaluate(shared.installation, WAYBILL_LICENSE_TYPE_FARM, &verdict, error));
    CHECK(waybill_verdict_used(verdict) == ROUNDS - 1);
    waybill_verdict_free(verdict);

    free(trust.data);
    free(directory);
    waybill_verdict_free(shared.verdict);
    waybill_file_free(shared.file);
    waybill_request_free(shared.request);
    waybill_installation_free(shared.installation);
    waybill_error_free(error);
    return end("threads");
}
