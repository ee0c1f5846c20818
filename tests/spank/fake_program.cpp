// SPDX-License-Identifier: Apache-2.0
// Stands where the plugin expects `holdfast`, and behaves as the file "<own path>.behaviour" says:
// the plugin hands it no environment of the tests' making. What it was started with goes to
// "<own path>.calls", a line each; what it is to answer stands in "<own path>.answer".
//   answer      print the answer                  fail        one sentence, exit status 121
//   hang        for ever                          crash       by a signal, in silence
//   deaf        close all pipes, then hang        flood       print for ever
//   orphan      print, leave a child with pipes   chatter     complain at length, then answer
//   leftover    answer, leave a child that holds nothing but a lock on the file of calls
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char** environ;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void report_signals(std::ostream& out) {
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  int count = 0;
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (::sigismember(&blocked, signal) == 1 || action.sa_handler == SIG_IGN) ++count;
  }
  out << "signals blocked or ignored " << count << '\n';
}

void report(std::ostream& out, int count, char** arguments) {
  out << "call";
  for (int i = 1; i < count; ++i)
    out << ' ' << arguments[i];
  out << '\n';
  for (char** variable = environ; *variable != nullptr; ++variable) {
    out << "env " << *variable << '\n';
  }
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ::getresuid(&real, &effective, &saved);
  out << "uids " << real << ' ' << effective << ' ' << saved << '\n';
  out << "no new privileges " << ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) << '\n';
  out << "leads its group " << (::getpgrp() == ::getpid()) << '\n';
  int descriptors = 0;
  for (int fd = 0; fd < 1024; ++fd)
    if (::fcntl(fd, F_GETFD) >= 0) ++descriptors;
  out << "descriptors besides this file " << descriptors - 1 << '\n';
  report_signals(out);
}

[[noreturn]] void hang() {
  for (;;)
    ::pause();
}

[[noreturn]] void flood(std::ostream& out) {
  const std::string block(65536, 'x');
  for (;;)
    out << block << '\n' << std::flush;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string self = arguments[0];
  {
    std::ofstream calls(self + ".calls", std::ios::app);
    report(calls, count, arguments);
  }
  const std::string behaviour = content(self + ".behaviour");
  const std::string answer = content(self + ".answer");
  if (behaviour == "hang") hang();
  if (behaviour == "flood") flood(std::cout);
  if (behaviour == "crash") ::raise(SIGKILL);
  if (behaviour == "fail") {
    std::cerr << "holdfast: GPU 0000:17:00.0 has no NUMA node; look at it\nsecond line\n";
    return 121;
  }
  if (behaviour == "deaf") {
    ::close(1);
    ::close(2);
    hang();
  }
  if (behaviour == "orphan") {
    std::cout << answer << std::flush;
    if (::fork() == 0) hang();
    return 0;
  }
  if (behaviour == "leftover" && ::fork() == 0) {
    ::flock(::open((self + ".calls").c_str(), O_RDONLY | O_CLOEXEC), LOCK_EX);
    ::close(0);
    ::close(1);
    ::close(2);
    hang();
  }
  if (behaviour == "chatter") {
    for (int i = 0; i < 100000; ++i)
      std::cerr << "mlx5_3 is odd\n";
  }
  std::cout << answer;
  return 0;
}
