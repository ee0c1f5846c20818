// SPDX-License-Identifier: Apache-2.0
#include "cli/render/ink.hpp"
#include "cli/report/sheet.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

std::string sheet_text(const Sheet& sheet, const Looks& looks) {
  const Ink ink(looks);
  std::string out = cat(ink.strong(sheet.headline), '\n');
  out += aligned_facts(sheet.facts, "  ");
  if (sheet.attempts.size() > 1) out += cat('\n', aligned_table(sheet.attempts, ""));
  for (const Section& loss : sheet.losses)
    out += cat('\n', ink.strong(loss.title), '\n', aligned_facts(loss.facts, "  "));
  if (sheet.nodes.size() > 1) out += cat('\n', aligned_table(sheet.nodes, ""));
  out += cat('\n', ink.strong("figures"), '\n', aligned_facts(sheet.figures, "  "));
  return out;
}

}  // namespace holdfast::cli
