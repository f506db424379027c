/* The page Health: what waits, in words, and plots drawn here (SVG without scripts or styles of its own),
 * each with the numbers as a table beside it. */
#include <stdio.h>
#include <string.h>

#include "gateway/admin/page.h"
#include "gateway/admin/views.h"
#include "mapping/model.h"

/* In units of the drawing. */
enum {
    WIDTH = 640,
    HEIGHT = 180,
    LEFT = 72,
    RIGHT = 8,
    TOP = 10,
    BOTTOM = 28,
    LINES = 4,
    HOURS_SHOWN = 5,
    POWERS_MAX = 18
};

struct line {
    const char *member, *label;
};

static const struct plot {
    const char *id, *title, *unit;
    double scale; /* what the members are multiplied with */
    struct line lines[2];
} plots[] = {
    {"queue", "Deliveries that wait", "deliveries", 1, {{"queue", "waiting"}, {NULL, NULL}}},
    {"deliveries", "Deliveries a minute", "a minute", 1, {{"delivered", "delivered"}, {"failed", "failed"}}},
    {"failures", "Failures a minute", "a minute", 1, {{"failed", "failed"}, {NULL, NULL}}},
    {"inbox", "Inboxes a minute", "a minute", 1, {{"received", "taken"}, {"turned_away", "turned away"}}},
    {"backlog", "Activities that wait in inboxes", "activities", 1, {{"inbox", "waiting"}, {NULL, NULL}}},
    {"lag", "From queued to delivered", "seconds", 0.001, {{"lag_ms", "mean"}, {NULL, NULL}}},
};

/* ---- numbers ---- */

static bool value_of(const json_t *point, const struct plot *plot, size_t line, double *out)
{
    const json_t *value = json_object_get(point, plot->lines[line].member);
    *out = json_number_value(value) * plot->scale;
    return json_is_number(value);
}

static double highest(const struct plot *plot, const json_t *points)
{
    size_t index;
    const json_t *point;
    double high = 0;
    json_array_foreach(points, index, point)
    {
        for (size_t line = 0; line < 2 && plot->lines[line].member; line++) {
            double value;
            if (value_of(point, plot, line, &value) && value > high)
                high = value;
        }
    }
    return high;
}

/* The least of 1, 2 or 5 times a power of ten of which four are as much or more: the step of the scale. */
static double step_of(double high)
{
    static const double factors[] = {1, 2, 5};
    double power = high > 0 && high < 1 ? 0.001 : 1;
    for (int i = 0; i < POWERS_MAX; i++, power *= 10)
        for (size_t k = 0; k < sizeof factors / sizeof factors[0]; k++)
            if (power * factors[k] * LINES >= high)
                return power * factors[k];
    return high;
}

static void number_text(double value, char out[32])
{
    if (value >= 1000000)
        (void)snprintf(out, 32, "%.3g M", value / 1000000);
    else if (value >= 10000)
        (void)snprintf(out, 32, "%.3g k", value / 1000);
    else
        (void)snprintf(out, 32, "%.*f", value < 10 && value != (double)(int)value ? 2 : 0, value);
}

/* "14:05" */
static void hour_text(const json_t *point, char out[6])
{
    char time[TIME_TEXT_MAX];
    time_format(json_integer_value(json_object_get(point, "time")), time);
    memcpy(out, time + 11, 5);
    out[5] = '\0';
}

/* ---- drawing ---- */

static double x_of(size_t index, size_t count)
{
    return LEFT + (double)(WIDTH - LEFT - RIGHT) * (double)index / (double)(count > 1 ? count - 1 : 1);
}

static double y_of(double value, double top)
{
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;
}

static void draw_scale(struct buffer *page, double step)
{
    for (int i = 0; i <= LINES; i++) {
        char text[32];
        double y = y_of(step * i, step * LINES);
        number_text(step * i, text);
        buffer_format(page,
                      "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/><text x=\"%d\" "
                      "y=\"%.1f\" text-anchor=\"end\">%s</text>",
                      LEFT, y, WIDTH - RIGHT, y, LEFT - 6, y + 4, text);
    }
}

static void draw_hours(struct buffer *page, const json_t *points)
{
    size_t count = json_array_size(points);
    for (size_t i = 0; i < HOURS_SHOWN && count; i++) {
        char text[6];
        size_t index = (count - 1) * i / (HOURS_SHOWN - 1);
        hour_text(json_array_get(points, index), text);
        buffer_format(page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>", x_of(index, count),
                      HEIGHT - 6,
                      i == 0                 ? "start"
                      : i == HOURS_SHOWN - 1 ? "end"
                                             : "middle",
                      text);
    }
}

/* A step in which nothing ran is a gap; a single step between two gaps a dot. */
static void draw_line(struct buffer *page, const struct plot *plot, size_t line, const json_t *points,
                      double top)
{
    size_t index;
    const json_t *point;
    size_t length = 0;
    buffer_format(page, "<path class=\"line%zu\" d=\"", line);
    json_array_foreach(points, index, point)
    {
        double value;
        if (!value_of(point, plot, line, &value)) {
            length = 0;
            continue;
        }
        buffer_format(page, "%s%.1f %.1f", length++ ? "L" : "M", x_of(index, json_array_size(points)),
                      y_of(value, top));
        if (length == 1)
            buffer_add_string(page, "h.1");
    }
    buffer_add_string(page, "\"/>");
}

/* The drawing in one sentence, for who does not see it. */
static void describe(struct buffer *page, const struct plot *plot, const json_t *points)
{
    size_t count = json_array_size(points);
    for (size_t line = 0; line < 2 && plot->lines[line].member; line++) {
        char now[32] = "nothing known";
        char high[32];
        double value;
        struct plot one = *plot;
        one.lines[0] = plot->lines[line];
        one.lines[1].member = NULL;
        for (size_t i = count; i-- > 0;)
            if (value_of(json_array_get(points, i), &one, 0, &value)) {
                number_text(value, now);
                break;
            }
        number_text(highest(&one, points), high);
        page_format(page, "%s%s: %s at last, %s at most", line ? "; " : "", plot->lines[line].label, now,
                    high);
    }
    page_format(page, " (%s).", plot->unit);
}

static void draw_numbers(struct buffer *page, const struct plot *plot, const json_t *points)
{
    size_t index;
    const json_t *point;
    page_format(
        page,
        "<details><summary>%s in numbers</summary><div class=\"numbers\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"%s in numbers\"><table><thead><tr><th scope=\"col\">Time (UTC)</th>",
        plot->title, plot->title);
    for (size_t line = 0; line < 2 && plot->lines[line].member; line++)
        page_format(page, "<th scope=\"col\">%s</th>", plot->lines[line].label);
    buffer_add_string(page, "</tr></thead><tbody>");
    json_array_foreach(points, index, point)
    {
        char text[32];
        hour_text(point, text);
        page_format(page, "<tr><th scope=\"row\">%s</th>", text);
        for (size_t line = 0; line < 2 && plot->lines[line].member; line++) {
            double value;
            if (value_of(point, plot, line, &value))
                number_text(value, text);
            else
                (void)snprintf(text, sizeof text, "–");
            page_format(page, "<td>%s</td>", text);
        }
        buffer_add_string(page, "</tr>");
    }
    buffer_add_string(page, "</tbody></table></div></details>");
}

static void draw_plot(struct buffer *page, const struct plot *plot, const json_t *points)
{
    double step = step_of(highest(plot, points));
    page_format(page, "<figure class=\"card\"><figcaption><strong>%s</strong>", plot->title);
    for (size_t line = 0; line < 2 && plot->lines[line].member; line++)
        page_format(page, line ? " <span class=\"key1\">%s</span>" : " <span class=\"key0\">%s</span>",
                    plot->lines[line].label);
    page_format(page,
                "</figcaption><svg class=\"plot\" viewBox=\"0 0 640 180\" role=\"img\" "
                "aria-labelledby=\"%s-title %s-about\"><title id=\"%s-title\">%s</title><desc "
                "id=\"%s-about\">",
                plot->id, plot->id, plot->id, plot->title, plot->id);
    describe(page, plot, points);
    buffer_add_string(page, "</desc>");
    draw_scale(page, step);
    draw_hours(page, points);
    for (size_t line = 0; line < 2 && plot->lines[line].member; line++)
        draw_line(page, plot, line, points, step * LINES);
    buffer_add_string(page, "</svg>");
    draw_numbers(page, plot, points);
    buffer_add_string(page, "</figure>");
}

/* ---- what waits just now ---- */

static const struct fact {
    const char *member, *title, *says, *leads; /* leads: the page that says more; NULL */
} facts[] = {
    {"deliveries_waiting", "Deliveries that wait", "to be sent, or to be tried again", NULL},
    {"fanouts", "Fan-outs", "activities on their way to their audience", NULL},
    {"inbox_waiting", "Inbox", "activities that came and wait", NULL},
    {"deletes_owed", "Deletes", "that some server has not answered", "/hosts"},
    {"hosts_failing", "Servers that fail", "and are tried by and by", "/hosts"},
    {"hosts_dead", "Servers taken for dead", "they get their Deletes when they come back", "/hosts"},
    {"reports_open", "Reports", "that wait for you", "/reports"},
    {"workers", "Workers", "that send", NULL},
};

static void draw_facts(struct buffer *page, const json_t *now)
{
    buffer_add_string(page, "<dl class=\"facts\">");
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        char text[32];
        const struct fact *fact = &facts[i];
        number_text(json_number_value(json_object_get(now, fact->member)), text);
        page_format(page, "<div class=\"card\"><dt>%s</dt><dd><strong>%s</strong> ", fact->title, text);
        if (fact->leads)
            page_format(page, "<a href=\"%s\">%s</a></dd></div>", fact->leads, fact->says);
        else
            page_format(page, "%s</dd></div>", fact->says);
    }
    const json_t *oldest = json_object_get(now, "oldest_delete");
    if (oldest) {
        buffer_add_string(page, "<div class=\"card\"><dt>Oldest Delete without an answer</dt><dd>");
        page_value(page, "since", oldest);
        buffer_add_string(page, "</dd></div>");
    }
    buffer_add_string(page, "</dl>");
}

static void draw_choice(struct buffer *page, long long hours, const char *path)
{
    static const int choices[] = {1, 3, 6, 12, 24};
    buffer_add_string(page, "<nav aria-label=\"How far back\"><ul>");
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        buffer_format(page, "<li><a href=\"%s?hours=%d\"%s>%d %s</a></li>", path, choices[i],
                      choices[i] == hours ? " aria-current=\"true\"" : "", choices[i],
                      choices[i] == 1 ? "hour" : "hours");
    buffer_add_string(page, "</ul></nav>");
}

void view_draw_health(struct buffer *page, const json_t *result, const char *path)
{
    const json_t *points = json_object_get(result, "points");
    draw_facts(page, json_object_get(result, "now"));
    buffer_add_string(page, "<h2>The last hours</h2>");
    draw_choice(page, json_integer_value(json_object_get(result, "hours")), path);
    buffer_add_string(page, "<div class=\"plots\">");
    for (size_t i = 0; i < sizeof plots / sizeof plots[0]; i++)
        draw_plot(page, &plots[i], points);
    buffer_add_string(page,
                      "</div><p class=\"help\">Times are UTC. Load the page again for what is new.</p>");
}
