/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of daemon/gate.c against the XML of the API, both ways: a method without a rule, a
 * rule without a method, a writable property, an action without a polkit definition.
 */
#include "config.h"

#include "daemon/gate.h"
#include "tests/support/test.h"

#include <gio/gio.h>

#include <string.h>

static char *
read_source(const char *path)
{
    g_autofree char *full = g_build_filename(g_getenv("MADO_TOP_SRCDIR"), path, NULL);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    (void)g_file_get_contents(full, &text, NULL, &error);
    if (error != NULL)
        fail_msg("%s", error->message);
    return text;
}

static GDBusNodeInfo *
parse_api(void)
{
    g_autofree char *text = read_source("data/org.madoguchi.Counter1.xml");
    g_autoptr(GError) error = NULL;
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(text, &error);

    if (node == NULL)
        fail_msg("%s", error->message);
    return node;
}

static void
every_method_of_the_api_has_one_rule(void **state)
{
    g_autoptr(GDBusNodeInfo) node = parse_api();
    gsize n_methods = 0;
    gsize n_rules;

    for (GDBusInterfaceInfo **i = node->interfaces; *i != NULL; i++) {
        for (GDBusMethodInfo **m = (*i)->methods; m != NULL && *m != NULL; m++) {
            n_methods++;
            if (mado_gate_find((*i)->name, (*m)->name) == NULL)
                fail_msg("no rule for %s.%s", (*i)->name, (*m)->name);
        }
    }
    /* With the next test: no rule is there twice. */
    (void)mado_gate_all(&n_rules);
    assert_int_equal(n_rules, n_methods);
}

static void
every_rule_has_its_method(void **state)
{
    g_autoptr(GDBusNodeInfo) node = parse_api();
    gsize n_rules;
    const MadoGateRule *rules = mado_gate_all(&n_rules);

    for (gsize i = 0; i < n_rules; i++) {
        GDBusInterfaceInfo *interface =
            g_dbus_node_info_lookup_interface(node, rules[i].interface);

        if (interface == NULL ||
            g_dbus_interface_info_lookup_method(interface, rules[i].method) == NULL)
            fail_msg("a rule for %s.%s, which does not exist", rules[i].interface,
                     rules[i].method);
        assert_ptr_equal(mado_gate_find(rules[i].interface, rules[i].method), &rules[i]);
    }
}

static void
no_property_is_writable(void **state)
{
    g_autoptr(GDBusNodeInfo) node = parse_api();

    for (GDBusInterfaceInfo **i = node->interfaces; *i != NULL; i++) {
        for (GDBusPropertyInfo **p = (*i)->properties; p != NULL && *p != NULL; p++) {
            if (((*p)->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0)
                fail_msg("%s.%s is writable, and there is no rule for that", (*i)->name,
                         (*p)->name);
        }
    }
}

static void
what_is_not_in_the_table_has_no_rule(void **state)
{
    assert_null(mado_gate_find("org.madoguchi.Counter1.Manager", "claim"));
    assert_null(mado_gate_find("org.madoguchi.Counter1.Manager", "Release"));
    assert_null(mado_gate_find("org.madoguchi.Counter1.Reader", "Claim"));
    assert_null(mado_gate_find("", ""));
}

static void
every_action_is_defined_and_closed_to_strangers(void **state)
{
    g_autofree char *policy = read_source("data/org.madoguchi.Counter1.policy");
    gsize n_rules;
    const MadoGateRule *rules = mado_gate_all(&n_rules);

    for (gsize i = 0; i < n_rules; i++) {
        g_autofree char *wanted = NULL;

        assert_true((rules[i].kind == MADO_GATE_ASK) == (rules[i].action != NULL));
        if (rules[i].action == NULL)
            continue;
        wanted = g_strdup_printf("<action id=\"%s\">", rules[i].action);
        if (strstr(policy, wanted) == NULL)
            fail_msg("%s is not in the policy", rules[i].action);
    }
    assert_null(strstr(policy, "<allow_any>yes"));
    assert_null(strstr(policy, "<allow_inactive>yes"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_of_the_api_has_one_rule),
        cmocka_unit_test(every_rule_has_its_method),
        cmocka_unit_test(no_property_is_writable),
        cmocka_unit_test(what_is_not_in_the_table_has_no_rule),
        cmocka_unit_test(every_action_is_defined_and_closed_to_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
