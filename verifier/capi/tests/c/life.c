/* One life of a license through the C library, from setting up to the receipt of its deactivation. */

#include "check.h"

static const int64_t DAY = 24 * 3600;
static const uint32_t COMPUTERS = WAYBILL_LICENSE_TYPE_COMPUTERS;
static const char *const LICENSE_KEY = "cq1s2-9cc0m-5km0f-ecs11-10gqb";

static waybill_error *error;

static bool has(const char *text, const char *part)
{
    return text && strstr(text, part);
}

static waybill_verdict *evaluate(const waybill_installation *installation)
{
    waybill_verdict *verdict = NULL;
    WORKS(waybill_installation_evaluate(installation, COMPUTERS, &verdict, error));
    CHECK(waybill_verdict_license_type(verdict) == COMPUTERS);
    CHECK(waybill_verdict_metric(verdict) == WAYBILL_METRIC_COMPUTER);
    return verdict;
}

static uint32_t state(const waybill_installation *installation)
{
    waybill_verdict *verdict = evaluate(installation);
    uint32_t found = waybill_verdict_state(verdict);
    waybill_verdict_free(verdict);
    return found;
}

static waybill_result check(const waybill_installation *installation, uint64_t count)
{
    return waybill_installation_check(installation, COMPUTERS, WAYBILL_METRIC_COMPUTER, count, error);
}

/* Imports an answer that does this. The caller may look at it before it frees it. */
static waybill_outcome *import(const waybill_installation *installation, struct bytes file, uint32_t effect)
{
    waybill_outcome *outcome = NULL;
    WORKS(waybill_installation_import(installation, file.data, file.length, &outcome, error));
    CHECK(waybill_outcome_effect(outcome) == effect);
    CHECK(waybill_outcome_license_type(outcome) == COMPUTERS);
    return outcome;
}

/* Prepares a refresh, has the vendor answer it so, and imports the answer. */
static waybill_outcome *refresh(const waybill_installation *installation, const char *how, uint32_t effect)
{
    waybill_request *request = NULL;
    WORKS(waybill_installation_prepare_refresh(installation, COMPUTERS, &request, error));
    CHECK(waybill_request_kind(request) == WAYBILL_KIND_REFRESH_REQUEST);
    struct bytes file = answer(request, how);
    waybill_outcome *outcome = import(installation, file, effect);
    waybill_request_free(request);
    free(file.data);
    return outcome;
}

static void trust_is_compared_before_it_is_believed(void)
{
    struct bytes trust = load("trust.waybill");
    waybill_file *file = NULL;
    WORKS(waybill_verify_file(WAYBILL_KIND_TRUST_BUNDLE, NULL, 0, trust.data, trust.length, &file, error));
    free(trust.data); /* The file keeps nothing of it. */
    size_t length = 0;
    const char *fingerprint = waybill_file_root_fingerprint(file, &length);
    CHECK(fingerprint && length == 39 && strlen(fingerprint) == length);
    CHECK(waybill_file_kind(file) == WAYBILL_KIND_TRUST_BUNDLE);
    CHECK(waybill_file_is_verified(file));
    CHECK(has(waybill_file_line(file, 0, NULL), "Trust bundle: Example Software"));
    waybill_file_free(file);
}

static waybill_installation *an_installation_is_set_up(void)
{
    waybill_installation *installation = set_up("state", error);
    size_t length = 0;
    const char *name = waybill_installation_name(installation, &length);
    CHECK(name && length == 19 && strlen(name) == 19);

    /* The same again changes nothing. */
    waybill_installation *again = set_up("state", error);
    SAME(waybill_installation_name(again, NULL), name);
    waybill_installation_free(again);

    char *directory = path("state");
    waybill_installation *opened = NULL;
    WORKS(waybill_installation_open(directory, strlen(directory), &opened, error));
    SAME(waybill_installation_name(opened, NULL), name);
    waybill_installation_free(opened);
    free(directory);
    return installation;
}

static void nothing_is_allowed_without_a_license(const waybill_installation *installation)
{
    waybill_verdict *verdict = evaluate(installation);
    CHECK(waybill_verdict_state(verdict) == WAYBILL_SLOT_STATE_EMPTY);
    CHECK(waybill_verdict_standing(verdict) == 0);
    CHECK(waybill_verdict_may_add(verdict) == 0);
    CHECK(!waybill_verdict_may_go_on(verdict));
    CHECK(waybill_verdict_seats(verdict) == 0);
    CHECK(waybill_verdict_good_until(verdict) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_license_key(verdict, NULL) == NULL);
    CHECK(waybill_verdict_change_count(verdict) == 0);
    waybill_verdict_free(verdict);

    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 1));
    SAME(waybill_error_code(error), "not-allowed");
    SAME(waybill_error_says(error, NULL), "Computers is not activated");
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 0));
}

static struct bytes a_license_is_asked_for_and_taken(const waybill_installation *installation)
{
    waybill_request *request = NULL, *again = NULL;
    WORKS(waybill_installation_prepare_activation(installation, COMPUTERS, LICENSE_KEY, strlen(LICENSE_KEY),
                                                  &request, error));
    CHECK(waybill_request_kind(request) == WAYBILL_KIND_ACTIVATION_REQUEST);
    CHECK(waybill_request_license_type(request) == COMPUTERS);
    CHECK(waybill_request_counter(request) == 1);
    CHECK(waybill_request_is_new(request));
    CHECK(waybill_request_warning(request, NULL) == NULL);
    CHECK(has(waybill_request_file_name(request, NULL), "PS1-computers-activation-request-"));
    CHECK(state(installation) == WAYBILL_SLOT_STATE_REQUESTED);

    /* Whoever lost the file gets the same one. */
    WORKS(waybill_installation_prepare_activation(installation, COMPUTERS, LICENSE_KEY, strlen(LICENSE_KEY),
                                                  &again, error));
    CHECK(!waybill_request_is_new(again));
    size_t length, length_again;
    const uint8_t *data = waybill_request_data(request, &length);
    const uint8_t *data_again = waybill_request_data(again, &length_again);
    CHECK(length > 300 && length == length_again && memcmp(data, data_again, length) == 0);
    waybill_request_free(again);

    struct bytes license = answer(request, "yes"), trust = load("trust.waybill");
    waybill_request_free(request);
    waybill_file *file = NULL;
    WORKS(waybill_verify_file(WAYBILL_KIND_LICENSE, trust.data, trust.length, license.data, license.length, &file, error));
    CHECK(waybill_file_line_count(file) == 6);
    SAME(waybill_file_line(file, 0, NULL), "License: Mac Management, Computers, 250 computers");
    CHECK(waybill_file_line(file, 6, NULL) == NULL);
    CHECK(waybill_file_root_fingerprint(file, NULL) == NULL);
    waybill_file *also = NULL;
    WORKS(waybill_installation_verify_file(installation, WAYBILL_KIND_LICENSE, license.data, license.length, &also, error));
    SAME(waybill_file_digest(also, NULL), waybill_file_digest(file, NULL));
    SAME(waybill_file_signer(also, NULL), waybill_file_signer(file, NULL));
    waybill_file_free(also);
    waybill_file_free(file);
    free(trust.data);

    /* A review says what it would do, and does not do it. */
    waybill_outcome *outcome = NULL;
    WORKS(waybill_installation_review(installation, license.data, license.length, &outcome, error));
    CHECK(waybill_outcome_effect(outcome) == WAYBILL_EFFECT_INSTALLED && waybill_outcome_changes(outcome));
    CHECK(has(waybill_outcome_json(outcome, NULL), "\"seats\": 250"));
    CHECK(waybill_outcome_refusal_code(outcome, NULL) == NULL);
    waybill_outcome_free(outcome);
    CHECK(state(installation) == WAYBILL_SLOT_STATE_REQUESTED);

    outcome = import(installation, license, WAYBILL_EFFECT_INSTALLED);
    waybill_outcome_free(outcome);
    outcome = import(installation, license, WAYBILL_EFFECT_ALREADY_INSTALLED);
    CHECK(!waybill_outcome_changes(outcome));
    waybill_outcome_free(outcome);
    return license;
}

static void a_license_allows_what_it_says(const waybill_installation *installation)
{
    WORKS(waybill_installation_set_usage(installation, COMPUTERS, WAYBILL_METRIC_COMPUTER, 248, error));
    waybill_verdict *verdict = evaluate(installation);
    CHECK(waybill_verdict_state(verdict) == WAYBILL_SLOT_STATE_ACTIVE);
    CHECK(waybill_verdict_standing(verdict) == WAYBILL_STANDING_ACTIVE);
    CHECK(waybill_verdict_seats(verdict) == 250);
    CHECK(waybill_verdict_used(verdict) == 248);
    CHECK(waybill_verdict_may_add(verdict) == 2);
    CHECK(waybill_verdict_may_go_on(verdict));
    CHECK(has(waybill_verdict_license_key(verdict, NULL), "*****-*****-*****-*****-"));
    CHECK(waybill_verdict_notice_count(verdict) == 0);
    CHECK(waybill_verdict_notice_says(verdict, 0, NULL) == NULL);

    /* Three dates are three things. */
    int64_t start = waybill_verdict_contract_start(verdict), now = waybill_verdict_now(verdict);
    CHECK(start <= now && now < start + 3600);
    CHECK(waybill_verdict_contract_end(verdict) == start + 365 * DAY);
    CHECK(waybill_verdict_good_until(verdict) == start + 90 * DAY);
    CHECK(waybill_verdict_report_due(verdict) == start + 60 * DAY);

    size_t changes = waybill_verdict_change_count(verdict);
    CHECK(changes >= 3);
    CHECK(waybill_verdict_change_at(verdict, 0) == waybill_verdict_report_due(verdict));
    CHECK(waybill_verdict_change_standing(verdict, 0) == WAYBILL_STANDING_REPORT_OVERDUE);
    for (size_t i = 1; i < changes; i++)
        CHECK(waybill_verdict_change_at(verdict, i - 1) < waybill_verdict_change_at(verdict, i));
    CHECK(waybill_verdict_change_at(verdict, changes) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_change_standing(verdict, changes) == 0);
    waybill_verdict_free(verdict);

    WORKS(check(installation, 0));
    WORKS(check(installation, 2));
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 3));
    SAME(waybill_error_says(error, NULL), "over the limit: 251 computers of 250");
    SAME(waybill_error_next_step(error, NULL), "Buy more seats and refresh, or use fewer.");
    WORKS(check(installation, 1)); /* and the error object forgets */
    SAME(waybill_error_code(error), "ok");
    SAME(waybill_error_says(error, NULL), "");
}

static void a_refresh_replaces_the_license(const waybill_installation *installation)
{
    waybill_outcome *outcome = refresh(installation, "overdue", WAYBILL_EFFECT_INSTALLED);
    CHECK(has(waybill_outcome_json(outcome, NULL), "\"before\": {"));
    waybill_outcome_free(outcome);
    waybill_verdict *verdict = evaluate(installation);
    CHECK(waybill_verdict_standing(verdict) == WAYBILL_STANDING_REPORT_OVERDUE);
    CHECK(waybill_verdict_report_due(verdict) < waybill_verdict_now(verdict));
    CHECK(waybill_verdict_notice_count(verdict) == 1);
    SAME(waybill_verdict_notice_code(verdict, 0, NULL), "report-overdue");
    CHECK(has(waybill_verdict_notice_next_step(verdict, 0, NULL), "Prepare a refresh"));
    waybill_verdict_free(verdict);
    WORKS(check(installation, 1));
}

static void a_no_is_read_and_leaves_the_license(const waybill_installation *installation)
{
    waybill_outcome *outcome = refresh(installation, "no", WAYBILL_EFFECT_REFUSED);
    CHECK(waybill_outcome_changes(outcome));
    SAME(waybill_outcome_refusal_code(outcome, NULL), "no-seats");
    SAME(waybill_outcome_refusal_says(outcome, NULL), "All 250 seats are in use elsewhere.");
    CHECK(has(waybill_outcome_refusal_next_step(outcome, NULL), "Free seats"));
    waybill_outcome_free(outcome);
    CHECK(state(installation) == WAYBILL_SLOT_STATE_ACTIVE);
    WORKS(check(installation, 1));
}

static void a_contract_that_is_over_stops_what_is_new_and_old(const waybill_installation *installation)
{
    waybill_outcome_free(refresh(installation, "ended", WAYBILL_EFFECT_INSTALLED));
    waybill_verdict *verdict = evaluate(installation);
    CHECK(waybill_verdict_standing(verdict) == WAYBILL_STANDING_ENDED);
    CHECK(waybill_verdict_may_add(verdict) == 0);
    CHECK(!waybill_verdict_may_go_on(verdict));
    SAME(waybill_verdict_notice_code(verdict, 0, NULL), "ended");
    waybill_verdict_free(verdict);
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 0));
}

static void a_revoked_license_adds_nothing(const waybill_installation *installation)
{
    waybill_outcome_free(refresh(installation, "yes", WAYBILL_EFFECT_INSTALLED));
    WORKS(check(installation, 1));
    struct bytes license = load("answer.waybill");
    save("license.waybill", license.data, license.length);
    waybill_outcome_free(refresh(installation, "revoking", WAYBILL_EFFECT_REFUSED));
    waybill_verdict *verdict = evaluate(installation);
    CHECK(waybill_verdict_state(verdict) == WAYBILL_SLOT_STATE_ACTIVE);
    CHECK(waybill_verdict_may_add(verdict) == 0);
    CHECK(waybill_verdict_may_go_on(verdict));
    SAME(waybill_verdict_notice_code(verdict, 0, NULL), "license-revoked");
    waybill_verdict_free(verdict);
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 1));
    CHECK(has(waybill_error_says(error, NULL), "revoked"));
    WORKS(check(installation, 0));

    /* With what the installation believes now, the license is no good any more; with the first trust file it still is. */
    waybill_file *file = NULL;
    ENDS(WAYBILL_RESULT_LICENSE_REVOKED,
         waybill_installation_verify_file(installation, WAYBILL_KIND_LICENSE, license.data, license.length, &file, error));
    CHECK(file == NULL);
    free(license.data);
}

static void the_status_is_json(const waybill_installation *installation)
{
    waybill_buffer *json = NULL;
    WORKS(waybill_installation_status_json(installation, &json, error));
    const char *text = (const char *)waybill_buffer_data(json);
    CHECK(strlen(text) == waybill_buffer_length(json));
    CHECK(has(text, "\"site_code\": \"PS1\""));
    CHECK(has(text, "\"license_type\": \"farm\""));
    CHECK(has(text, "\"seats\": 250"));
    save("status.json", text, strlen(text));
    waybill_buffer_free(json);
}

static void a_deactivation_is_final(const waybill_installation *installation, struct bytes first_license)
{
    waybill_request *request = NULL;
    WORKS(waybill_installation_prepare_deactivation(installation, COMPUTERS, &request, error));
    CHECK(waybill_request_kind(request) == WAYBILL_KIND_DEACTIVATION_REQUEST);
    CHECK(state(installation) == WAYBILL_SLOT_STATE_RELEASED);
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, check(installation, 0));

    waybill_outcome_free(import(installation, first_license, WAYBILL_EFFECT_ENDED));
    CHECK(state(installation) == WAYBILL_SLOT_STATE_RELEASED);

    struct bytes receipt = answer(request, "yes");
    waybill_request_free(request);
    waybill_outcome_free(import(installation, receipt, WAYBILL_EFFECT_DEACTIVATION_CONFIRMED));
    waybill_outcome_free(import(installation, receipt, WAYBILL_EFFECT_ALREADY_READ));
    free(receipt.data);
    request = NULL;
    ENDS(WAYBILL_RESULT_ALREADY_RELEASED,
         waybill_installation_prepare_deactivation(installation, COMPUTERS, &request, error));
    CHECK(request == NULL);
}

int main(int count, char **words)
{
    begin(count, words);
    error = waybill_error_new();
    trust_is_compared_before_it_is_believed();
    waybill_installation *installation = an_installation_is_set_up();
    nothing_is_allowed_without_a_license(installation);
    struct bytes first_license = a_license_is_asked_for_and_taken(installation);
    a_license_allows_what_it_says(installation);
    a_refresh_replaces_the_license(installation);
    a_no_is_read_and_leaves_the_license(installation);
    a_contract_that_is_over_stops_what_is_new_and_old(installation);
    a_revoked_license_adds_nothing(installation);
    the_status_is_json(installation);
    a_deactivation_is_final(installation, first_license);
    free(first_license.data);
    waybill_installation_free(installation);
    waybill_error_free(error);
    return end("life");
}
