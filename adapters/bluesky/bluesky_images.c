/* Pictures of an answer: fetched where they are, then uploaded, one after the other (PLATFORMS §1.4, §1.5).
 */
#include <string.h>

#include "adapters/bluesky/bluesky_push.h"

enum { IMAGE_BYTES_MAX = 1000000 };

/* Only where all of them fit, and nothing warns of them: then they are seen, else linked. */
size_t bluesky_images_to_carry(const struct remote_post *post)
{
    if (post->media_count > IMAGES_MAX || post->sensitive || post->warning)
        return 0;
    for (size_t i = 0; i < post->media_count; i++)
        if (post->media[i].kind != MEDIA_IMAGE || !bluesky_is_web(post->media[i].url) ||
            post->media[i].bytes > IMAGE_BYTES_MAX)
            return 0;
    return post->media_count;
}

const char *bluesky_image_type(struct adapter_bytes bytes)
{
    const char *data = bytes.data;
    if (bytes.length < 16)
        return NULL;
    return memcmp(data, "\xFF\xD8\xFF", 3) == 0                               ? "image/jpeg"
           : memcmp(data, "\x89PNG\r\n\x1A\n", 8) == 0                        ? "image/png"
           : memcmp(data, "GIF8", 4) == 0                                     ? "image/gif"
           : memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WEBP", 4) == 0 ? "image/webp"
                                                                              : NULL;
}

enum operation_state bluesky_give_up_images(struct operation *operation)
{
    operation->push->image_count = 0;
    return OPERATION_REQUEST;
}

enum operation_state bluesky_ask_image(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    if (push->image >= push->image_count)
        return OPERATION_DONE;
    enum operation_state state =
        bluesky_get(operation, operation->input->remote_post->media[push->image].url, true);
    operation->request.response_max = IMAGE_BYTES_MAX;
    operation->raw = true;
    return state;
}

enum operation_state bluesky_take_image(struct operation *operation, const json_t *body)
{
    struct bluesky_push *push = operation->push;
    (void)body;
    push->bytes = operation->response->body;
    push->type = bluesky_image_type(push->bytes);
    if (!push->type)
        return bluesky_give_up_images(operation);
    push->bytes.data = arena_copy(operation->arena, push->bytes.data, push->bytes.length);
    return OPERATION_REQUEST;
}

enum operation_state bluesky_ask_upload(struct operation *operation)
{
    const struct bluesky_push *push = operation->push;
    if (push->image >= push->image_count)
        return OPERATION_DONE;
    return bluesky_post_bytes(operation, "com.atproto.repo.uploadBlob", push->type, push->bytes);
}

enum operation_state bluesky_miss_upload(struct operation *operation)
{
    enum answer answer = operation->answer.answer;
    return answer == ANSWER_RETRY || answer == ANSWER_UNAUTHORIZED
               ? bluesky_fail(operation, answer, operation->answer.reason)
               : bluesky_give_up_images(operation);
}
