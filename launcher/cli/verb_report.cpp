// SPDX-License-Identifier: Apache-2.0
// `holdfast report JOB`: what happened in a run and what it cost, as text, JSON, or a page with a
// timeline.
#include "cli/printable.hpp"
#include "cli/report/sheet.hpp"
#include "cli/report/timeline.hpp"
#include "cli/result_file.hpp"
#include "cli/verbs.hpp"

namespace holdfast::cli {

namespace {

constexpr std::array options_of_report{
    options_of_place[0],
    options_of_place[1],
    OptionSpec{
        .name = "json", .takes = Takes::nothing, .argument = "", .help = "print one JSON object"},
    OptionSpec{.name = "html",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "write a page with a timeline; \"-\" is standard output"},
    OptionSpec{.name = "svg",
               .takes = Takes::file,
               .argument = "FILE",
               .help = "write the timeline; \"-\" is standard output"},
};

Result<ExitStatus> run_report(const ParsedOptions& options, Caller& caller) {
  const auto html = options.value("html");
  const auto svg = options.value("svg");
  if (options.has("json") && (html || svg))
    return Failure{
        FailureKind::bad_input, "--json excludes --html and --svg", "ask for one of them", {}};
  const auto directory = named_directory(options, caller.environment);
  if (!directory) return directory.error();
  if (directory->empty())
    return Failure{FailureKind::bad_input,
                   "it must be said which run",
                   "name the job, or its directory with --state DIR",
                   {}};
  const auto run = read_run(*directory);
  if (!run) return run.error();
  if (options.has("json")) {
    caller.out << report_json(*run) << '\n';
    return ExitStatus::ok;
  }
  for (const std::string& doubt : run->doubts)
    caller.voice.warning(doubt);
  if (svg) {
    const auto written = write_result(caller, *svg, timeline_svg(*run));
    if (!written) return written.error();
  }
  if (html) {
    const auto written =
        write_result(caller, *html, sheet_html(sheet_of(*run), timeline_svg(*run)));
    if (!written) return written.error();
  }
  if (!svg && !html) caller.out << sheet_text(sheet_of(*run), caller.looks);
  return ExitStatus::ok;
}

}  // namespace

const Verb report_verb{
    .name = "report",
    .summary = "what happened in a run, why, and what it cost",
    .about =
        "Tells the attempts of a run, their causes with the evidence, the nodes blamed, the times\n"
        "of detection and recovery, and what of the work was kept (ETTR, goodput).",
    .operands = {.shown = "[JOB]", .at_most = 1, .is_command = false},
    .options = options_of_report,
    .examples =
        "holdfast report 4711\n"
        "holdfast report 4711 --html report.html",
    .run = run_report,
};

}  // namespace holdfast::cli
