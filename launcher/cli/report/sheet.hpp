// SPDX-License-Identifier: Apache-2.0
// What `holdfast report` has to tell, before it is text or HTML. Everything in it is printable.
#pragma once

#include "cli/report/runs.hpp"
#include "cli/report/words.hpp"

#include <string>
#include <vector>

namespace holdfast::cli {

struct Section {
  std::string title;
  std::vector<Fact> facts;
};

struct Sheet {
  std::string headline;
  std::vector<Fact> facts;      ///< of the run
  Table attempts;               ///< a row each
  std::vector<Section> losses;  ///< of attempts that were lost, with evidence
  Table nodes;                  ///< those there is something to tell of
  std::vector<Fact> figures;    ///< what was kept and what was lost
  std::vector<std::string> doubts;
};

[[nodiscard]] Sheet sheet_of(const SeenRun& run);

[[nodiscard]] std::string sheet_text(const Sheet& sheet, const Looks& looks);

/// One file that needs no other: `timeline` is an SVG that is put into it.
[[nodiscard]] std::string sheet_html(const Sheet& sheet, std::string_view timeline);

/// The same facts for programs; holdfast-report(1) describes them.
[[nodiscard]] std::string report_json(const SeenRun& run);

}  // namespace holdfast::cli
