"""One life of a license through the shared library, from Python, with nothing but ctypes.

    life.py LIBRARY HEADER FOLDER VENDOR
"""

import ctypes
import json
import pathlib
import re
import subprocess
import sys
from ctypes import byref, c_bool, c_char_p, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

library = ctypes.CDLL(sys.argv[1])
header = pathlib.Path(sys.argv[2]).read_text()
folder = pathlib.Path(sys.argv[3])
vendor = sys.argv[4]

# Numbers are those of the header, so that they stand in one place.
number = {name: int(value) for name, value in re.findall(r"^  WAYBILL_(\w+) = (\d+),$", header, re.M)}
types = {"bool": c_bool, "int64_t": c_int64, "size_t": c_size_t, "uint32_t": c_uint32, "uint64_t": c_uint64,
         "waybill_result": c_uint32, "void": None}


def declare():
    """Tells ctypes every function as the header has it: a pointer is a pointer, and a text that comes back is a text."""
    code = re.sub(r"//.*", "", header)
    declared = re.findall(r"^([\w ]+?)( ?\*?)\b(waybill_\w+)\(([^)]*)\);", code, re.M)
    for returned, star, name, parameters in declared:
        function = getattr(library, name)
        if star.strip():
            function.restype = c_char_p if "char" in returned else c_void_p
        else:
            function.restype = types[returned]
        function.argtypes = [c_void_p if "*" in each else types[each.split()[0]]
                             for each in parameters.split(",") if each.strip() != "void"]
    return len(declared)


passed = failed = 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"{what}: {said()}", file=sys.stderr)


error = None


def said():
    return f"[{library.waybill_error_code(error)}] {library.waybill_error_says(error, None)}"


def ends(result, name, *arguments):
    """Calls a function that can fail, with an error object behind its arguments."""
    found = getattr(library, name)(*arguments, error)
    check(found == number["RESULT_" + result], f"{name} ends with {found} and not with {result}")


def given(name, *arguments):
    """What such a function gives through its last out-parameter."""
    place = c_void_p()
    ends("OK", name, *arguments, byref(place))
    return place


def text(value):
    data = value.encode()
    return data, len(data)


def answer(request, how):
    length = c_size_t()
    data = library.waybill_request_data(request, byref(length))
    (folder / "request.waybill").write_bytes(ctypes.string_at(data, length.value))
    subprocess.run([vendor, how, "request.waybill", "answer.waybill"], cwd=folder, check=True)
    return (folder / "answer.waybill").read_bytes()


def main():
    global error
    functions = declare()
    check(functions >= 70, f"only {functions} functions were found in the header")
    error = library.waybill_error_new()
    subprocess.run([vendor, "trust", "trust.waybill"], cwd=folder, check=True)
    trust = (folder / "trust.waybill").read_bytes()
    farm, users = number["LICENSE_TYPE_FARM"], number["METRIC_CONCURRENT_USER"]

    installation = given("waybill_installation_set_up", *text(str(folder / "state")), trust, len(trust), *text("PS1"),
                         *text("Zentrale Zürich"), None, 0)
    check(re.fullmatch(rb"[0-9A-F]{4}(-[0-9A-F]{4}){3}", library.waybill_installation_name(installation, None)), "its name")

    request = given("waybill_installation_prepare_activation", installation, farm, *text("FQ1S2-9CC0M-5KM0F-ECS1A-289SK"))
    license = answer(request, "yes")
    library.waybill_request_free(request)
    file = given("waybill_verify_file", number["KIND_LICENSE"], trust, len(trust), license, len(license))
    lines = [library.waybill_file_line(file, i, None).decode() for i in range(library.waybill_file_line_count(file))]
    check(lines[0] == "License: Mac Management, Farm, 250 concurrent users", lines[0])
    check(lines[1].startswith("Site: PS1 (Zentrale Zürich), installation "), lines[1])
    library.waybill_file_free(file)

    ends("NOT_ALLOWED", "waybill_installation_check", installation, farm, users, 1)
    outcome = given("waybill_installation_import", installation, license, len(license))
    check(library.waybill_outcome_effect(outcome) == number["EFFECT_INSTALLED"], "installed")
    check(json.loads(library.waybill_outcome_json(outcome, None))["license"]["grants"][0]["seats"] == 250, "its JSON")
    library.waybill_outcome_free(outcome)
    ends("OK", "waybill_installation_check", installation, farm, users, 1)
    ends("OK", "waybill_installation_set_usage", installation, farm, users, 300)

    verdict = given("waybill_installation_evaluate", installation, farm)
    check(library.waybill_verdict_used(verdict) == 300, "used")
    check(library.waybill_verdict_may_add(verdict) == 2**64 - 1, "under these terms any number may be added for a week")
    check(library.waybill_verdict_notice_code(verdict, 0, None) == b"over-limit", "the notice")
    check(library.waybill_verdict_contract_end(verdict) > library.waybill_verdict_good_until(verdict), "the dates")
    library.waybill_verdict_free(verdict)

    buffer = given("waybill_installation_status_json", installation)
    data = ctypes.string_at(library.waybill_buffer_data(buffer), library.waybill_buffer_length(buffer))
    slots = {slot["license_type"]: slot for slot in json.loads(data)["slots"]}
    check(slots["farm"]["state"] == "active" and slots["desktop"]["state"] == "empty", "the status")
    library.waybill_buffer_free(buffer)

    request = given("waybill_installation_prepare_deactivation", installation, farm)
    receipt = answer(request, "yes")
    library.waybill_request_free(request)
    outcome = given("waybill_installation_import", installation, receipt, len(receipt))
    check(library.waybill_outcome_effect(outcome) == number["EFFECT_DEACTIVATION_CONFIRMED"], "confirmed")
    library.waybill_outcome_free(outcome)

    outcome = given("waybill_installation_review", installation, license, len(license))
    check(library.waybill_outcome_effect(outcome) == number["EFFECT_ENDED"], "the first license is dead")
    library.waybill_outcome_free(outcome)
    place = c_void_p(7)
    ends("NOT_WAYBILL", "waybill_installation_import", installation, b"?", 1, byref(place))
    check(place.value == 7, "what is refused leaves the out-parameter alone")
    ends("NULL_POINTER", "waybill_installation_import", None, b"?", 1, byref(place))
    ends("OUT_OF_RANGE", "waybill_installation_check", installation, 9, users, 1)

    library.waybill_installation_free(installation)
    library.waybill_error_free(error)
    print(f"life.py: {passed} right, {failed} wrong")
    return 1 if failed else 0


sys.exit(main())
