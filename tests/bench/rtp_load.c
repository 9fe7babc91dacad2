/* RTP load for the media benchmark: `legs` PCMU parties, each on a socket of its own, sending to the ports on standard
 * input (one a line) a packet every 20 ms, their phases spread evenly. Party i sends octets of the value 4 + i % 120, so
 * that the other one of a bridged pair (i ^ 1) is known by what is heard. Prints one JSON object at the end.
 *
 * usage: rtp_load LEGS FIRST_LOCAL_PORT SECONDS < ports
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 160, PACKET = 172, TICK_MS = 20, SETTLE_MS = 1000, BATCH = 512 };

struct party {
    int socket;
    uint8_t packet[PACKET];
    uint16_t last_sequence;
    double last_at;
    long heard;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void open_party(struct party *party, int index, int local_port, int remote_port, int poll) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(local_port)};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    uint32_t ssrc = htonl(0x01010000u + index);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    party->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (party->socket < 0 || bind(party->socket, (void *)&address, sizeof address)) fail("bind");
    address.sin_port = htons(remote_port);
    if (connect(party->socket, (void *)&address, sizeof address)) fail("connect");
    if (epoll_ctl(poll, EPOLL_CTL_ADD, party->socket, &event)) fail("epoll_ctl");
    party->packet[0] = 0x80;
    memcpy(party->packet + 8, &ssrc, 4);
    memset(party->packet + 12, 4 + index % 120, FRAME);
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int legs = atoi(words[1]), first_port = atoi(words[2]);
    long milliseconds = atol(words[3]) * 1000;
    struct party *parties = calloc(legs, sizeof *parties);
    int poll = epoll_create1(0);
    for (int i = 0; i < legs; i++) {
        int port;
        if (scanf("%d", &port) != 1) fail("ports");
        open_party(parties + i, i, first_port + i, port, poll);
    }
    size_t room = (size_t)milliseconds / TICK_MS * legs + legs, samples = 0;
    float *off = malloc(room * sizeof *off);
    long sent = 0, refused = 0, heard = 0, gaps = 0, wrong = 0;
    uint16_t sequence = 0;
    double start = now();
    for (long ms = 0; ms < milliseconds; ms++) {
        if (ms % TICK_MS == 0) sequence++;
        for (int i = ms % TICK_MS; i < legs; i += TICK_MS) {
            uint16_t number = htons(sequence);
            uint32_t stamp = htonl(sequence * (uint32_t)FRAME);
            memcpy(parties[i].packet + 2, &number, 2);
            memcpy(parties[i].packet + 4, &stamp, 4);
            if (send(parties[i].socket, parties[i].packet, PACKET, 0) < 0) refused++;
            else sent++;
        }
        double due = start + (ms + 1) * 1e-3;
        struct epoll_event events[BATCH];
        int ready;
        do {
            ready = epoll_wait(poll, events, BATCH, 0);
            double at = now();
            for (int e = 0; e < ready; e++) {
                int i = events[e].data.u32;
                struct party *party = parties + i;
                uint8_t packet[2048];
                if (recv(party->socket, packet, sizeof packet, 0) < PACKET || (packet[1] & 0x7F) != 0) continue;
                uint16_t number = packet[2] << 8 | packet[3];
                heard++;
                if (party->heard++ && (uint16_t)(party->last_sequence + 1) != number) gaps++;
                party->last_sequence = number;
                if (ms > SETTLE_MS) {
                    uint8_t expected = 4 + (i ^ 1) % 120;
                    if (packet[100] != expected) wrong++;
                    if (party->last_at > 0 && samples < room) {
                        float distance = (at - party->last_at) * 1e3 - TICK_MS;
                        off[samples++] = distance < 0 ? -distance : distance;
                    }
                }
                party->last_at = at;
            }
        } while (ready > 0 && now() < due);
        double wait = due - now();
        if (wait > 0) {
            struct timespec t = {0, (long)(wait * 1e9)};
            nanosleep(&t, 0);
        }
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
    qsort(off, samples, sizeof *off, by_size);
    printf("{\"sent\": %ld, \"refused\": %ld, \"heard\": %ld, \"gaps\": %ld, \"wrong\": %ld, \"off_p50\": %.2f, "
           "\"off_p99\": %.2f, \"cpu\": %.0f}\n",
           sent, refused, heard, gaps, wrong, samples ? off[samples / 2] : -1,
           samples ? off[(size_t)(samples * 0.99)] : -1, 100 * cpu / (now() - start));
    return 0;
}
