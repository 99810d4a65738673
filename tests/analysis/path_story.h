/* path_story.h - events.jsonl of a punch through two boxes, by hand: the caller's first packet is filtered by the
 * callee's box, the callee's gets in, and is answered. */
#ifndef TEST_PATH_STORY_H
#define TEST_PATH_STORY_H

#define STORY_LINE(t, host, rest) "{\"t\":" #t ",\"host\":\"" host "\",\"event\":" rest "}\n"
#define STORY_PACKET(t, host, step, serial, to, rest)                                                        \
    STORY_LINE(t, host,                                                                                      \
               "\"net:packet\",\"step\":\"" step "\",\"serial\":" #serial                                    \
               ",\"protocol\":\"udp\",\"source\":\"1.1.1.1:5\",\"destination\":\"" to                        \
               ":9\",\"bytes\":68,\"payload\":40,\"what\":\"check\"" rest)
#define STORY_BOX(who) ",\"box\":\"home " who "\",\"owner\":\"" who "\""

#define PATH_STORY                                                                                           \
    STORY_PACKET(50, "peer-2", "sent", 1, "8.8.8.8", "")                                                     \
    STORY_LINE(1000, "peer-1", "\"path:started\",\"role\":\"caller\",\"session\":7,\"profile\":\"ours\"")    \
    STORY_PACKET(2000, "peer-1", "sent", 2, "5.0.0.9", "")                                                   \
    STORY_PACKET(2000, "peer-1", "translated", 2, "5.0.0.9", STORY_BOX("peer-1"))                            \
    STORY_PACKET(9000, "peer-1", "delivered", 2, "5.0.0.9", ",\"at\":\"supernode-1\"")                       \
    STORY_LINE(20000, "peer-1",                                                                              \
               "\"path:stage\",\"session\":7,\"method\":\"punched\",\"transport\":\"udp\",\"budget\":2000000000") \
    STORY_PACKET(20000, "peer-1", "sent", 3, "2.2.2.2", "")                                                  \
    STORY_PACKET(20000, "peer-1", "translated", 3, "2.2.2.2", STORY_BOX("peer-1"))                           \
    STORY_PACKET(29000, "peer-1", "dropped", 3, "2.2.2.2", STORY_BOX("peer-2") ",\"cause\":\"filtered\"")    \
    STORY_PACKET(30000, "peer-2", "sent", 4, "1.1.1.1", "")                                                  \
    STORY_PACKET(30000, "peer-2", "translated", 4, "1.1.1.1", STORY_BOX("peer-2"))                           \
    STORY_PACKET(39000, "peer-2", "translated", 4, "10.0.0.1", STORY_BOX("peer-1"))                          \
    STORY_PACKET(39000, "peer-2", "delivered", 4, "10.0.0.1", ",\"at\":\"peer-1\"")                          \
    STORY_PACKET(40000, "elsewhere", "sent", 5, "3.3.3.3", "")                                               \
    STORY_LINE(50000, "peer-1",                                                                              \
               "\"path:opened\",\"session\":7,\"class\":\"punched-udp\",\"via\":\"public\",\"local\":\"reflexive\"," \
               "\"remote\":\"reflexive\",\"time\":49000,\"packets\":3")                                      \
    STORY_PACKET(60000, "peer-1", "sent", 6, "2.2.2.2", "")

#endif
