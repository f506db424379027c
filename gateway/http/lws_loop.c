#include "gateway/http/lws_loop.h"

#include <string.h>

#include "gateway/log.h"

static void pass_on_log(int level, const char *line)
{
    char text[256];
    size_t length = strcspn(line, "\n");
    if (length >= sizeof text)
        length = sizeof text - 1;
    memcpy(text, line, length);
    text[length] = '\0';
    log_write(level == LLL_ERR ? LOG_WARNING : LOG_DEBUG, "libwebsockets says", "text", text, (char *)NULL);
}

struct lws_context *lws_context_on_loop(struct loop *loop, struct lws_context_creation_info *info)
{
    /* The plug-in reports each change of a watch at NOTICE. */
    lws_set_log_level(LLL_ERR | LLL_WARN, pass_on_log);
    void *loops[] = {loop_native(loop)};
    info->foreign_loops = loops;
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->options |= LWS_SERVER_OPTION_LIBEV;
    info->pt_serv_buf_size = LWS_READ_SIZE;
    info->vhost_name = LWS_LOOP_VHOST;
    return lws_create_context(info);
}
