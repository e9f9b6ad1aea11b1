// Both ends of a relay in one process on one core: the server behind it and the clients before it.
//
//   rload MODE RELAY_ADDRESS RELAY_PORT SERVER_ADDRESS SERVER_PORT CONNECTIONS SECONDS [RATE]
//
// MODE r  each connection sends 64 bytes, waits for their echo, and again        -> exchanges
//      c  each connection is opened, one exchange, closed, and again             -> connections
//      b  the server sends as fast as it can                                     -> bytes
//      f  so many connections, one exchange each, then held until stdin ends     -> connections
//      d  RATE messages a second over all connections                            -> p50 and p99 round trip, us
// Prints: a line "ready" once the server listens (it waits for a line on stdin), then one line with the figures.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, PIECE = 1 << 17, MOST = 65536 };
typedef struct { int client, got; double sent; } End;
static End ends[MOST];
static int poller, listener, connections, mode, dead;
static long exchanges, bytes, failed;
static struct sockaddr_in relay;
static char piece[PIECE];
static double *times;
static long timed, room;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void watch(int fd, int events, int operation) {
    struct epoll_event e = {.events = events, .data.fd = fd};
    epoll_ctl(poller, operation, fd, &e);
}

static void enter(int fd, int client, int events) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ends[fd] = (End){.client = client};
    watch(fd, events, EPOLL_CTL_ADD);
}

static void dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || fd >= MOST) { perror("socket"); exit(1); }
    if (connect(fd, (void *)&relay, sizeof relay) < 0 && errno != EINPROGRESS) { perror("connect"); exit(1); }
    enter(fd, 1, EPOLLOUT);
}

static void hang_up(int fd) {
    struct linger hard = {1, 0};
    if (mode == 'c') setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}

static void say(int fd) {
    char message[MESSAGE] = {0};
    ends[fd].sent = now();
    ends[fd].got = 0;
    if (send(fd, message, MESSAGE, MSG_NOSIGNAL) != MESSAGE) failed++;
}

static void heard(int fd) {
    exchanges++;
    if (mode == 'd' && timed < room) times[timed++] = now() - ends[fd].sent;
    if (mode == 'd') ends[fd].sent = 0;
    if (mode == 'r') say(fd);
    if (mode == 'c') { hang_up(fd); dial(); }
}

static void serve(int fd) {
    if (mode == 'b') {
        while (send(fd, piece, PIECE, MSG_NOSIGNAL) > 0) {}
        if (errno != EAGAIN) close(fd);
        return;
    }
    ssize_t n = recv(fd, piece, PIECE, 0);
    if (n > 0) { if (send(fd, piece, n, MSG_NOSIGNAL) != n) failed++; }
    else if (n == 0 || errno != EAGAIN) close(fd);
}

static void visit(int fd, int events) {
    if (events & EPOLLOUT) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) { failed++; close(fd); if (mode == 'c') dial(); return; }
        watch(fd, EPOLLIN, EPOLL_CTL_MOD);
        if (mode != 'b' && mode != 'd') say(fd);
        return;
    }
    ssize_t n = recv(fd, piece, PIECE, 0);
    if (n > 0) {
        bytes += n;
        if (mode == 'b') return;
        if ((ends[fd].got += n) >= MESSAGE) heard(fd);
    } else if (n == 0 || errno != EAGAIN) {
        failed++;
        close(fd);
        if (mode == 'c') dial(); else dead++;
    }
}

static void turn(int wait_ms) {
    struct epoll_event found[256];
    int n = epoll_wait(poller, found, 256, wait_ms);
    for (int i = 0; i < n; i++) {
        int fd = found[i].data.fd;
        if (fd == listener) {
            int in;
            while ((in = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) enter(in, 0, mode == 'b' ? EPOLLOUT : EPOLLIN);
        } else if (ends[fd].client) visit(fd, found[i].events);
        else serve(fd);
    }
}

static int by_size(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return d < 0 ? -1 : d > 0;
}

int main(int count, char **words) {
    if (count < 8) return 2;
    mode = words[1][0];
    relay = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
    inet_aton(words[2], &relay.sin_addr);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(words[5]))};
    inet_aton(words[4], &here.sin_addr);
    connections = atoi(words[6]);
    double seconds = atof(words[7]), rate = count > 8 ? atof(words[8]) : 0;
    struct rlimit most = {MOST, MOST};
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    int one = 1;
    poller = epoll_create1(0);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 4096)) { perror("listen"); return 1; }
    watch(listener, EPOLLIN, EPOLL_CTL_ADD);
    puts("ready");
    fflush(stdout);
    char line[8];
    struct epoll_event e = {.events = EPOLLIN, .data.fd = 0};
    int command = epoll_create1(0);
    epoll_ctl(command, EPOLL_CTL_ADD, 0, &e);
    while (epoll_wait(command, &e, 1, 0) == 0) turn(5);  // whoever probes the server is answered meanwhile
    if (read(0, line, sizeof line) <= 0) return 0;
    exchanges = bytes = failed = 0;
    if (mode == 'f') {
        for (int i = 0; i < connections; i++) { dial(); while (exchanges + failed < i - 64) turn(100); }
        double until = now() + 20;
        while (exchanges + failed < connections && now() < until) turn(100);
        printf("%ld %ld\n", exchanges, failed);
        fflush(stdout);
        while (epoll_wait(command, &e, 1, 0) == 0) turn(50);
        return 0;
    }
    for (int i = 0; i < connections; i++) dial();
    double begin = now() + 0.5;
    while (now() < begin) turn(10);
    if (mode == 'd') {
        room = (long)(rate * seconds) + 16;
        times = malloc(room * sizeof *times);
        begin = now();
        long sent = 0, skipped = 0;
        int fd = 3;
        while (now() < begin + seconds + 1.0) {
            while (now() < begin + seconds && sent + skipped < (now() - begin) * rate) {
                int looked = 0;
                do { fd = fd + 1 < MOST ? fd + 1 : 3; } while (!(ends[fd].client && !ends[fd].sent) && ++looked < MOST);
                if (looked < MOST) { say(fd); sent++; } else skipped++;
            }
            turn(1);
        }
        qsort(times, timed, sizeof *times, by_size);
        if (!timed) { puts("0 0 0 0"); return 1; }
        printf("%ld %ld %.1f %.1f\n", timed, failed + skipped, times[timed / 2] * 1e6, times[timed * 99 / 100] * 1e6);
        return 0;
    }
    exchanges = bytes = 0;
    begin = now();
    while (now() < begin + seconds) turn(10);
    double took = now() - begin;
    printf("%.1f %ld\n", (mode == 'b' ? bytes : exchanges) / took, failed);
    return 0;
}
