/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/devices.h"
#include "tests/support/test.h"

static void
both_models_are_known_and_no_other(void **state)
{
    (void)state;
    assert_string_equal(mado_devices_find(0x054C, 0x06C1)->name, "Sony PaSoRi RC-S380/S");
    assert_string_equal(mado_devices_find(0x054C, 0x06C3)->name, "Sony PaSoRi RC-S380/P");
    assert_null(mado_devices_find(0x054C, 0x0DC8)); /* RC-S300: libccid's */
    assert_null(mado_devices_find(0x04E6, 0x06C1));
    assert_non_null(mado_devices_peek(1));
    assert_null(mado_devices_peek(2));
}

static void
pcscds_name_of_a_device_is_read(void **state)
{
    static const char *const wrong[] = {
        "",
        "usb:054c/06c3",
        "usb:054c/06c3:libhal:0:/dev/bus/usb/001/004",
        "usb:054c/06c3:libudev:0:/dev/bus/usb/001/004 ",
        "usb:054c/06c3:libudev:0:/dev/bus/usb/001/256",
        "usb:054c/06c3:libudev:0:/dev/bus/usb/001/",
        "usb:054c/06c30:libudev:0:/dev/bus/usb/001/004",
        "usb:/06c3:libudev:0:/dev/bus/usb/001/004",
        "usb:054c/06c3:libudev:a:/dev/bus/usb/001/004",
        "/dev/ttyS0",
    };
    MadoDevicesName name = {.bus = 77};

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(wrong); i++) {
        assert_false(mado_devices_parse_name(wrong[i], &name));
        assert_int_equal(name.bus, 77);
    }
    assert_true(
        mado_devices_parse_name("usb:054c/06c3:libudev:12:/dev/bus/usb/003/117", &name));
    assert_int_equal(name.vendor, 0x054C);
    assert_int_equal(name.product, 0x06C3);
    assert_int_equal(name.interface, 12);
    assert_int_equal(name.bus, 3);
    assert_int_equal(name.address, 117);
}

static void
the_endpoints_are_the_first_of_each_direction(void **state)
{
    static const MadoDevicesEndpoint rows[] = {{0x83, 0x03, 8},
                                               {0x81, 0x02, 64},
                                               {0x02, 0x02, 64},
                                               {0x84, 0x02, 512},
                                               {0x05, 0x02, 8}};
    static const MadoDevicesEndpoint flawed[] = {{0x81, 0x02, 0}, {0x02, 0x02, 64}};
    static const MadoDevicesEndpoint huge[] = {{0x81, 0x02, 64}, {0x02, 0x02, 1025}};
    size_t out = 77, in = 77;

    (void)state;
    assert_true(mado_devices_choose_endpoints(rows, MADO_N_ELEMENTS(rows), &out, &in));
    assert_int_equal(rows[out].address, 0x02);
    assert_int_equal(rows[in].address, 0x81);
    assert_false(mado_devices_choose_endpoints(rows, 2, &out, &in));
    assert_false(mado_devices_choose_endpoints(rows, 0, &out, &in));
    assert_false(mado_devices_choose_endpoints(flawed, 2, &out, &in));
    assert_false(mado_devices_choose_endpoints(huge, 2, &out, &in));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_models_are_known_and_no_other),
        cmocka_unit_test(pcscds_name_of_a_device_is_read),
        cmocka_unit_test(the_endpoints_are_the_first_of_each_direction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
