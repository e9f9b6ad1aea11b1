/* DNS questions over UDP, from one socket, and how the answers come back.
 *
 *   dnsload -p PORT -d SECONDS -w WARM_SECONDS -q WINDOW -r RATE -f FILE
 *
 * FILE holds questions, each after its length in two bytes; they are sent round and round with numbers of their own.
 * With RATE 0 there are always WINDOW of them under way; else so many a second, whatever comes back.
 *
 * One line of JSON: n answers in secs, lost, wrong (another code than NOERROR, or no answer in it), latencies in us. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS 65536
#define BUCKETS 200000 /* of a microsecond each */

static uint8_t *questions[1 << 20];
static int lengths[1 << 20], count;
static double sent_at[NUMBERS];
static uint32_t histogram[BUCKETS];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t head[2];
    if (!file) { perror(path); exit(1); }
    while (fread(head, 1, 2, file) == 2 && count < (1 << 20)) {
        int length = head[0] << 8 | head[1];
        uint8_t *question = malloc(length);
        if (fread(question, 1, length, file) != (size_t)length) break;
        questions[count] = question;
        lengths[count++] = length;
    }
    fclose(file);
    if (!count) { fprintf(stderr, "%s holds no questions\n", path); exit(1); }
}

static double percentile(uint64_t total, double share) {
    uint64_t seen = 0;
    for (int i = 0; i < BUCKETS; i++)
        if ((seen += histogram[i]) >= total * share) return i + 1;
    return BUCKETS;
}

int main(int argc, char **argv) {
    int port = 5353, window = 64, option;
    double seconds = 2, warm = 0.5, rate = 0;
    const char *path = NULL;
    while ((option = getopt(argc, argv, "p:d:w:q:r:f:")) != -1) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'w': warm = atof(optarg); break;
        case 'q': window = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'f': path = optarg; break;
        default: return 2;
    }
    load(path);
    int line = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 4 << 20;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(line, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(line, (struct sockaddr *)&to, sizeof to)) { perror("connect"); return 1; }
    double began = now(), measured = began + warm, end = measured + seconds, due = began, swept = began;
    uint64_t answers = 0, wrong = 0, lost = 0, sent = 0;
    int under_way = 0, next = 0;
    uint16_t number = 0;
    uint8_t buffer[65536];
    for (double at = began; at < end; at = now()) {
        int burst = 0;
        while (burst++ < 64 && (rate ? due <= at : under_way < window)) {
            while (sent_at[number]) number++;
            questions[next][0] = number >> 8;
            questions[next][1] = number & 255;
            if (send(line, questions[next], lengths[next], 0) < 0) break;
            sent_at[number++] = rate ? due : at;
            under_way++, sent++;
            due += rate ? 1 / rate : 0;
            next = (next + 1) % count;
            if (under_way > NUMBERS - 256) break;
        }
        struct pollfd waiting = {line, POLLIN, 0};
        double pause = rate ? due - now() : 0.01;
        if (under_way || rate) {
            struct timespec t = {0, pause > 0 ? (long)(pause * 1e9) : 0};
            if (t.tv_nsec > 10000000) t.tv_nsec = 10000000;
            ppoll(&waiting, 1, &t, NULL);
        }
        ssize_t length;
        while ((length = recv(line, buffer, sizeof buffer, 0)) >= 12) {
            uint16_t mine = buffer[0] << 8 | buffer[1];
            double back = now();
            if (!sent_at[mine]) continue;
            if (sent_at[mine] >= measured) {
                int us = (back - sent_at[mine]) * 1e6;
                histogram[us < BUCKETS ? us : BUCKETS - 1]++;
                answers++;
                wrong += (buffer[3] & 15) != 0 || !(buffer[6] | buffer[7]);
            }
            sent_at[mine] = 0;
            under_way--;
        }
        if (at - swept > 0.25) {
            swept = at;
            for (int i = 0; i < NUMBERS; i++)
                if (sent_at[i] && at - sent_at[i] > 1.0) { sent_at[i] = 0; under_way--; lost++; }
        }
    }
    printf("{\"n\": %lu, \"secs\": %.4f, \"lost\": %lu, \"wrong\": %lu, \"sent\": %lu, \"p50us\": %.0f, \"p99us\": %.0f}\n",
           answers, seconds, lost, wrong, sent, percentile(answers, 0.5), percentile(answers, 0.99));
    return 0;
}
