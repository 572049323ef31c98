// SPDX-License-Identifier: BSD-2-Clause
// YAML as a tree: positions, limits, and what is refused.
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/document.h"

/* The tree in one line: scalars with their position, "TEXT@LINE:COLUMN", quoted ones with a q, cut
 * ones with c (comment) or l (lines). */
static void print_node(FILE *out, const struct node *node)
{
    static const char traps[] = {' ', 'c', 'l'};

    if (node->kind == NODE_SCALAR) {
        fprintf(out, "%s@%u:%u", node->text, node->position.line, node->position.column);
        if (node->style != STYLE_PLAIN)
            fputc(node->style == STYLE_QUOTED ? 'q' : 'b', out);
        if (node->trap != TRAP_NONE)
            fputc(traps[node->trap], out);
        return;
    }
    fprintf(out, "%s@%u:%u%c", node->flow ? "f" : "", node->position.line, node->position.column,
            node->kind == NODE_LIST ? '[' : '{');
    for (size_t i = 0; i < node->count; i++) {
        fputs(i == 0 ? "" : " ", out);
        print_node(out, &node->items[i]);
    }
    fputc(node->kind == NODE_LIST ? ']' : '}', out);
}

static void expect_tree(const char *text, const char *tree)
{
    struct message_list messages = {0};
    struct node *root = document_read("f", text, strlen(text), &messages);
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    if (root == NULL)
        fail_msg("%s", messages.items[0].text);
    assert_int_equal(messages.count, 0);
    print_node(out, root);
    fclose(out);
    assert_string_equal(printed, tree);
    free(printed);
    document_destroy(root);
}

static void every_node_has_the_position_of_its_first_character(void **state)
{
    static const struct {
        const char *text;
        const char *tree;
    } cases[] = {
        {"a: b\n", "@1:1{a@1:1 b@1:4}"},
        {"\xef\xbb\xbf"
         "a: b\n",
         "@1:1{a@1:1 b@1:4}"},
        {"---\na: b\n...\n# end\n", "@2:1{a@2:1 b@2:4}"},
        {"a: \"b\"\nc: 'd'", "@1:1{a@1:1 b@1:4q c@2:1 d@2:4q}"},
        {"\xc3\xa9: \xc3\xa9\xc3\xa9 #\n", "@1:1{\xc3\xa9@1:1 \xc3\xa9\xc3\xa9@1:4}"},
        {"a:\r\n  - b\r\n  - c: d\r\n    e: f\r\n",
         "@1:1{a@1:1 @2:3[b@2:5 @3:5{c@3:5 d@3:8 e@4:5 f@4:8}]}"},
        {"a: [b, {c: d}]", "@1:1{a@1:1 f@1:4[b@1:5 f@1:8{c@1:9 d@1:12}]}"},
        {"a: []\nb: {}", "@1:1{a@1:1 f@1:4[] b@2:1 f@2:4{}}"},
        {"a:\nb:", "@1:1{a@1:1 @1:1 b@2:1 @2:1}"},
        {"a:\n  -\n  - b\n", "@1:1{a@1:1 @2:3[@2:3 b@3:5]}"},
        {"a:\n - \n", "@1:1{a@1:1 @2:2[@2:2]}"},
        {"{a: b, c}", "f@1:1{a@1:2 b@1:5 c@1:8 @1:8}"},
        {"- a", "@1:1[a@1:3]"},
        {"a: \"\"", "@1:1{a@1:1 @1:4q}"},
        {"a: |\n  b\n", "@1:1{a@1:1 b\n@1:4b}"},
        {"a: >2\n", "@1:1{a@1:1 @1:4b}"},
        {"? a\n: b\n", "@1:1{a@1:3 b@2:3}"},
        {"---\n", "@1:1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_tree(cases[i].text, cases[i].tree);
}

static void all_scalars_are_text_as_written(void **state)
{
    (void)state;
    expect_tree("[01, 0x1F, 1e3, true, yes, ~, null, 2026-11-21, 12:30, .inf, =, \"a\\tb\"]",
                "f@1:1[01@1:2 0x1F@1:6 1e3@1:12 true@1:17 yes@1:23 ~@1:28 null@1:31 "
                "2026-11-21@1:37 12:30@1:49 .inf@1:56 =@1:62 a\tb@1:65q]");
}

static void values_that_yaml_cuts_without_a_word_are_marked(void **state)
{
    static const struct {
        const char *text;
        const char *tree;
    } cases[] = {
        {"a: b #c", "@1:1{a@1:1 b@1:4c}"},
        {"a: \xc3\xa9 #c\nb: d #e", "@1:1{a@1:1 \xc3\xa9@1:4c b@2:1 d@2:4c}"},
        {"a: b # c", "@1:1{a@1:1 b@1:4}"},
        {"a: b#c", "@1:1{a@1:1 b#c@1:4}"},
        {"a: \"b\" #c", "@1:1{a@1:1 b@1:4q}"},
        {"a: b\n  c\nd: e", "@1:1{a@1:1 b c@1:4l d@3:1 e@3:4}"},
        {"a: \"b\n  c\"", "@1:1{a@1:1 b c@1:4q}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_tree(cases[i].text, cases[i].tree);
}

/* The tree is refused, or, for duplicates, there with these errors. */
static void expect_messages(const char *text, size_t size, const char *errors, bool refused)
{
    struct message_list messages = {0};
    struct node *root = document_read("f", text, size, &messages);

    fixture_compare(&messages, "f:", errors, text);
    assert_int_equal(root == NULL, refused);
    document_destroy(root);
    message_list_finish(&messages);
}

static void the_first_syntax_error_is_reported_where_the_value_begins(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"", "1:1: empty file"},
        {"# nothing\n", "1:1: empty file"},
        {"user: %u", "1:7: quote it"},
        {"user: @u", "1:7: quote it"},
        {"user: `u`", "1:7: quote it"},
        {"bits: >=2048", "1:7: quote it"},
        {"bits: >2048", "1:7: quote it"},
        {"bits: >0", "1:7: quote it"},
        {"bits: |x", "1:7: quote it"},
        {"label: *", "1:8: quote it"},
        {"label: *@x", "1:8: quote it"},
        {"label: *x", "1:8: alias (`*`), expected a value; quote it"},
        {"label: &x", "1:8: anchor"},
        {"label: &x y", "1:8: anchor (`&`), expected a value; quote it"},
        {"label: &x [y]", "1:8: anchor"},
        {"label: &x {y: z}", "1:8: anchor"},
        {"&x a: b", "1:1: anchor"},
        {"label: !x", "1:8: tag (`!`), expected a value; quote it"},
        {"label: !!str x", "1:8: tag"},
        {"label: ! x", "1:8: tag"},
        {"label: ! \"x\"", "1:8: tag"},
        {"label: ! [x]", "1:8: tag"},
        {"label: !!map {x: y}", "1:8: tag"},
        {"!x a: b", "1:1: tag"},
        {"a: b: c", "1:4: quote it"},
        {"a: - b", "1:4: quote it"},
        {"a: \"b", "1:4: unexpected end of stream"},
        {"a: 'b\nc: d\n", "1:4: unexpected end of stream"},
        {"a: [b", "1:4: close the list"},
        {"a: [b\nc: d", "2:2: "},
        {"a: {b: c", "1:4: close the map"},
        {"a: [b}", "1:6: close the list"},
        {"a: [b, , c]", "1:8: node content"},
        {"a: \"b\" c", "1:8: expected key"},
        {"\ta: b", "1:1: tab"},
        {"a: b\n\tc: d", "2:1: tab"},
        {"a: b\n c: d", "2:3: indentation"},
        {"a\nb: c", "2:2: indentation"},
        {"label\nid: 3\n", "2:3: "},
        {"a: b\nc\n", "2:1: a key needs"},
        {"<<: {a: b}", "1:1: merge key"},
        {"a: {<<: b}", "1:5: merge key"},
        {"? [a]\n: b", "1:3: list or a map as a key"},
        {"? {a: b}\n: c", "1:3: list or a map as a key"},
        {"a: \"b\\0c\"", "1:4: NUL"},
        {"\"\\0\": b", "1:1: NUL"},
        {"a: b\n---\nc: d", "2:1: second document"},
        {"a: b\n...\n---\n...\n", "3:1: second document"},
        {"%YAML 1.2\n---\na: b", "1:1: directive"},
        {"%YAML 1.3\n---\na: b", "1:1: incompatible"},
        {"%TAG ! x\n---\na: b", "1:1: directive"},
        {"a: \x01", "1:4: control character"},
        {"a: b\nc: \xff\xfe", "2:4: not UTF-8"},
        {"a: b\nc: d: e\nf: @g", "2:4: "},
        /* the end of a text is in its last line, whether or not that ends */
        {"a: [\n", "2:1: node content"},
        {"a:\n  [", "2:4: node content"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_messages(cases[i].text, strlen(cases[i].text), cases[i].error, true);
    expect_messages("a: b\nc: \0", 9, "2:4: NUL", true);
    expect_messages("\xff\xfe"
                    "a\0",
                    4, "1:1: not UTF-8", true);
}

static void every_duplicate_key_is_reported_at_its_second_place(void **state)
{
    (void)state;
    expect_messages("a: b\na: c\n", 10, "2:1: `a` again", false);
    expect_messages("a: b\n\"a\": c\na: d\n", 17, "2:1: `a` again\n3:1: the first is in line 1",
                    false);
    expect_messages("a: [{b: c, d: e, b: f}]\na: {x: {y: z, y: z}}", 44,
                    "1:18: `b` again\n2:1: `a` again\n2:15: `y` again", false);
}

/* count times the text, between a beginning and an end. The caller frees. */
static char *repeat(const char *begin, const char *text, size_t count, const char *end)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);

    fputs(begin, out);
    for (size_t i = 0; i < count; i++)
        fputs(text, out);
    fputs(end, out);
    fclose(out);
    return made;
}

static void expect_repeated(const char *begin, const char *text, size_t count, const char *end,
                            const char *error)
{
    char *made = repeat(begin, text, count, end);

    expect_messages(made, strlen(made), error, error[0] != '\0');
    free(made);
}

static void depth_is_limited(void **state)
{
    char *open = repeat("a: ", "[", 31, "");
    char *close = repeat("", "]", 31, "");
    char *text = NULL;

    (void)state;
    assert_true(asprintf(&text, "%sx%s", open, close) > 0);
    expect_messages(text, strlen(text), "", false);
    free(text);
    assert_true(asprintf(&text, "%s[x]%s", open, close) > 0);
    expect_messages(text, strlen(text), "1:35: at most 32", true);
    free(text);
    free(open);
    free(close);
    expect_repeated("", "[", 200000, "", "1:33: at most 32");
    expect_repeated("", "{a: ", 50000, "", "1:129: at most 32");
    expect_repeated("", "- ", 100000, "", "1:65: at most 32");
}

static void the_number_of_nodes_and_keys_is_limited(void **state)
{
    char *keys = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&keys, &size);

    (void)state;
    expect_repeated("[", "a,", 16383, "]", "");
    expect_repeated("[", "a,", 16384, "]", "1:32768: at most 16384");
    for (unsigned i = 0; i < 1025; i++)
        fprintf(out, "k%u:\n", i);
    fclose(out);
    expect_messages(keys, size, "1025:1: at most 1024", true);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_has_the_position_of_its_first_character),
        cmocka_unit_test(all_scalars_are_text_as_written),
        cmocka_unit_test(values_that_yaml_cuts_without_a_word_are_marked),
        cmocka_unit_test(the_first_syntax_error_is_reported_where_the_value_begins),
        cmocka_unit_test(every_duplicate_key_is_reported_at_its_second_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(the_number_of_nodes_and_keys_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
