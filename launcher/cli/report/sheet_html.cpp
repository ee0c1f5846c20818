// SPDX-License-Identifier: Apache-2.0
// One page, nothing loaded, no script: it can be mailed, archived and opened in ten years. What the
// log says is escaped like everything else; the policy in its head forbids the rest.
#include "cli/render/picture.hpp"
#include "cli/report/sheet.hpp"
#include "holdfast/common/text.hpp"

namespace holdfast::cli {

namespace {

constexpr std::string_view head =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\""
    " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n";

constexpr std::string_view style =
    "<style>\n"
    "body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 75em;"
    " margin: 2em auto; padding: 0 1em }\n"
    "h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }\n"
    "table { border-collapse: collapse }\n"
    "th, td { text-align: left; vertical-align: top; padding: .2em 1em .2em 0;"
    " border-bottom: 1px solid #e3e5e9 }\n"
    "th { font-weight: 600; color: #5a6270; white-space: nowrap }\n"
    "td { overflow-wrap: anywhere }\n"
    ".timeline { overflow-x: auto }\n"
    ".doubt { color: #8a2a0a }\n"
    "</style>\n";

std::string facts_html(const std::vector<Fact>& facts) {
  std::string out = "<table>\n";
  for (const Fact& fact : facts)
    out += cat("<tr><th>", escaped(fact.label), "</th><td>", escaped(fact.text), "</td></tr>\n");
  return out + "</table>\n";
}

std::string table_html(const Table& table) {
  std::string out = "<table>\n";
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string_view cell = row == 0 ? "th" : "td";
    out += "<tr>";
    for (const std::string& text : table[row])
      out += cat('<', cell, '>', escaped(text), "</", cell, '>');
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

}  // namespace

std::string sheet_html(const Sheet& sheet, std::string_view timeline) {
  std::string out(head);
  out += cat("<title>", escaped(sheet.headline), "</title>\n", style, "</head>\n<body>\n");
  out += cat("<h1>", escaped(sheet.headline), "</h1>\n");
  for (const std::string& doubt : sheet.doubts)
    out += cat("<p class=\"doubt\">", escaped(doubt), "</p>\n");
  out += facts_html(sheet.facts);
  out += cat("<h2>Timeline</h2>\n<div class=\"timeline\">\n", timeline, "</div>\n");
  out += cat("<h2>Figures</h2>\n", facts_html(sheet.figures));
  out += cat("<h2>Attempts</h2>\n", table_html(sheet.attempts));
  for (const Section& loss : sheet.losses)
    out += cat("<h2>", escaped(loss.title), "</h2>\n", facts_html(loss.facts));
  out += cat("<h2>Nodes</h2>\n", table_html(sheet.nodes));
  return out + "</body>\n</html>\n";
}

}  // namespace holdfast::cli
