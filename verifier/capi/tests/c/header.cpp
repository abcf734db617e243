// The header is good C++ too, and its promises about sizes hold there.

#include "waybill.h"

#include <type_traits>

static_assert(sizeof(waybill_result) == 4 && sizeof(waybill_kind) == 4, "an enumeration has 32 bits");
static_assert(std::is_same<decltype(waybill_result_code(0)), const char *>::value, "a code is a text");
static_assert(WAYBILL_RESULT_OK == 0, "success is 0");

int main()
{
    waybill_error *error = waybill_error_new();
    waybill_file *file = nullptr;
    bool refused = waybill_file_read_unverified(nullptr, 0, &file, error) == WAYBILL_RESULT_EMPTY;
    waybill_error_free(error);
    return refused && file == nullptr ? 0 : 1;
}
