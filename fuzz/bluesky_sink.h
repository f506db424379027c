/* Where the events of a fuzzed Bluesky stream go: what every one of them must be is looked at. */
#ifndef DRAWBRIDGE_FUZZ_BLUESKY_SINK_H
#define DRAWBRIDGE_FUZZ_BLUESKY_SINK_H

#include <stdlib.h>

#include "adapters/bluesky/bluesky.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool take_event(void *context, const struct event *event)
{
    (void)context;
    require(event->key && event->key[0]);
    require(!event->post || text_is_clean(event->post->body.text, event->post->body.length));
    return true;
}

static void take_cursor(void *context, struct adapter_bytes cursor, struct adapter_bytes ack)
{
    (void)context;
    require(cursor.length > 0 && ack.length == 0);
}

static void take_text(void *context, struct adapter_bytes text)
{
    (void)context;
    (void)text;
}

static const struct stream_sink sink = {.event = take_event, .cursor = take_cursor, .send = take_text};

#endif
