// SPDX-License-Identifier: Apache-2.0
// Reading a root takes three passes: its names are surveyed by the layouts in order, every
// candidate is judged by its listing alone, and the newest of those that stand so far are looked
// into, oldest of them first, so that each has an older good sibling to be compared with. Retention
// may delete under our hands: what vanishes is listed again, and what keeps vanishing is in flight.
#include "holdfast/checkpoint/catalogue.hpp"

#include "checkpoint/names.hpp"
#include "checkpoint/settling.hpp"
#include "holdfast/checkpoint/manifest.hpp"
#include "holdfast/checkpoint/payload.hpp"
#include "holdfast/common/text.hpp"

#include <algorithm>

namespace holdfast::checkpoint {

namespace {

constexpr int most_listings = 3;  // of one checkpoint from which files vanish

Context context_of(const Wish& wish, Time now) {
  Context context;
  context.now = now;
  context.slack = wish.slack;
  context.quiet = wish.quiet;
  context.limits = wish.limits;
  context.marker = wish.marker;
  context.by_command = wish.by_command;
  context.world_size = wish.world_size;
  return context;
}

/// A judgement and the listing it was made from.
struct Look {
  Judgement judgement;
  Tree tree;
  bool gone{};  ///< the checkpoint is no longer there at all
};

Judgement unseen(const Checkpoint& checkpoint, const Failure& failure) {
  Judgement judgement;
  judgement.why = cat(checkpoint.path, ' ', failure.sentence());
  judgement.findings.push_back({checkpoint.path, Verdict::unknown, Level::listing, judgement.why});
  return judgement;
}

/// What our own manifest, made when the checkpoint was known to be good, has to say of its files
/// now: those that are gone or cut, and sums for those that have none. A manifest that is torn, or
/// of an earlier save under the name, says nothing.
void ask_manifest(std::span<const std::string> sidecars, const Checkpoint& named, Look& look) {
  Checkpoint checkpoint = named;
  if (!checkpoint.step) checkpoint.step = look.judgement.step;
  for (const std::string& sidecar : sidecars) {
    const auto manifest = read_manifest(sidecar, checkpoint.path);
    if (!manifest || !speaks_of(*manifest, checkpoint, look.tree)) continue;
    for (const Change& change : changes_since(*manifest, checkpoint, look.tree)) {
      if (change.kind == Change::Kind::rewritten) continue;  // contents must be read to know
      Judgement part;
      part.verdict = Verdict::damaged;
      part.why = cat(change.path,
                     change.kind == Change::Kind::missing
                         ? " is missing: our manifest has it"
                         : " has another size than when its manifest was made");
      part.findings.push_back({change.path, Verdict::damaged, Level::listing, part.why});
      merge(look.judgement, part);
    }
    lend_sums(*manifest, look.judgement.payload);
    return;
  }
}

/// The deep look as far as it is wanted: at everything, or only at files with holes.
void look_deep(const Disk& disk, Level level, Judgement& judgement) {
  const bool all = level >= Level::payload;
  for (const PayloadFile& file : judgement.payload) {
    if (judgement.verdict != Verdict::good) return;
    if (all || file.suspect) merge(judgement, verify_payload(disk, file));
  }
  if (all && judgement.verdict == Verdict::good) judgement.reached = Level::payload;
}

Look look_at(const Disk& disk,
             const Layout& layout,
             const Checkpoint& checkpoint,
             Level level,
             const Context& context,
             std::span<const std::string> manifests) {
  Look look;
  for (int listing = 0; listing < most_listings; ++listing) {
    auto tree = read_tree(disk, checkpoint, context.limits);
    if (!tree) {
      look.gone = tree.error().kind == FailureKind::not_found;
      look.judgement = unseen(checkpoint, tree.error());
      return look;
    }
    look.tree = std::move(*tree);
    look.judgement =
        layout.judge(disk, checkpoint, look.tree, std::min(level, Level::structure), context);
    if (level > Level::listing) ask_manifest(manifests, checkpoint, look);
    look_deep(disk, level, look.judgement);
    if (!look.judgement.vanished) break;
  }
  if (look.judgement.vanished) {
    look.judgement.verdict = Verdict::in_flight;
    look.judgement.settles_at = context.now + context.quiet;
    look.judgement.why =
        cat(checkpoint.path, " is being changed: files vanish from it while it is read");
  }
  settle(look.judgement, look.tree, context);
  return look;
}

void keep(Listed& listed, const Look& look) {
  listed.judgement = look.judgement;
  if (!listed.checkpoint.step) listed.checkpoint.step = look.judgement.step;
  listed.bytes = look.tree.bytes();
  listed.newest = look.tree.newest();
  listed.files = static_cast<std::uint64_t>(
      std::ranges::count(look.tree.members, FileKind::regular, [](const Member& member) {
        return member.status.kind;
      }));
}

Ground ground_of(const Listing& listing, std::string& foreign) {
  bool traces = false;
  for (const Entry& entry : listing.entries) {
    if (is_temporary(entry.name)) {
      traces = true;
    } else if (!is_bystander(entry.name) && foreign.empty()) {
      foreign = entry.name;
    }
  }
  if (traces) return Ground::inhabited;
  return foreign.empty() && listing.whole ? Ground::empty : Ground::foreign;
}

/// By its path, or by one of its files side by side.
bool is_named(const Checkpoint& checkpoint, const std::string& path) {
  return checkpoint.path == path || std::ranges::any_of(checkpoint.parts, [&](const auto& part) {
           return path_of(checkpoint, part) == path;
         });
}

/// Who is asked where no format is named: a marker named by the user is a word on the format too.
std::span<const Layout* const> asked(const Wish& wish) {
  static const Layout* const by_marker = find_layout("marker");
  return wish.marker.empty() ? layouts() : std::span(&by_marker, 1);
}

/// What the user said, by a format or by a marker; empty: recognise it.
std::string format_of(const Wish& wish) {
  return wish.format.empty() && !wish.marker.empty() ? std::string("marker") : wish.format;
}

/// The first layout that finds a checkpoint, or the wished one whatever it finds.
Result<const Layout*> recognise(Root& root, const Wish& wish, Survey& survey) {
  const std::string format = format_of(wish);
  if (!format.empty()) {
    const Layout* layout = find_layout(format);
    if (layout == nullptr)
      return Failure{FailureKind::bad_input,
                     cat("there is no checkpoint format ", format),
                     "`holdfast ckpt list --help` names them",
                     {}};
    survey = layout->survey(root);
    return layout;
  }
  for (const Layout* layout : asked(wish)) {
    Survey found = layout->survey(root);
    std::ranges::move(found.notes, std::back_inserter(survey.notes));
    if (found.checkpoints.empty()) continue;
    survey.checkpoints = std::move(found.checkpoints);
    return layout;
  }
  return nullptr;
}

/// The newest checkpoint may be among the names that were not read: nothing is chosen then.
Failure crowded(const Limits& limits) {
  return {FailureKind::unsupported,
          cat("the root holds more than ", limits.candidates, " entries"),
          "give checkpoints a directory of their own",
          {}};
}

class Reading {
 public:
  Reading(const Disk& disk, const Layout& layout, const Wish& wish, Time now)
      : disk_(disk), layout_(layout), wish_(wish), context_(context_of(wish, now)) {}

  std::vector<Listed> read(std::vector<Checkpoint> candidates) {
    std::ranges::sort(candidates, [](const auto& a, const auto& b) { return by_age(a, b) > 0; });
    candidates_ = std::move(candidates);
    context_.siblings = candidates_;
    std::vector<Listed> all = list();
    look_into(all);
    // Contents may tell a step that names did not.
    std::ranges::stable_sort(all, [](const Listed& a, const Listed& b) {
      return by_age(a.checkpoint, b.checkpoint) > 0;
    });
    return all;
  }

  Look look(const Checkpoint& checkpoint, Level level) {
    return look_at(disk_, layout_, checkpoint, level, context_, wish_.manifests);
  }

 private:
  std::vector<Listed> list() {
    std::vector<Listed> all;
    for (const Checkpoint& candidate : candidates_) {
      const Look seen = look(candidate, Level::listing);
      if (seen.gone) continue;
      Listed listed{candidate, {}, 0, 0, {}};
      keep(listed, seen);
      all.push_back(std::move(listed));
    }
    return all;
  }

  /// The newest that stand so far. Those whose step only their contents tell are taken by their
  /// time, in addition: last.ckpt may be newer than every name with a number.
  std::vector<Listed*> choose(std::vector<Listed>& all) const {
    std::vector<Listed*> chosen;
    for (const bool stepped : {true, false}) {
      unsigned taken = 0;
      for (Listed& listed : all) {
        if (listed.checkpoint.step.has_value() != stepped || taken == wish_.candidates) continue;
        if (listed.judgement.verdict != Verdict::good ||
            find_condemned(wish_.condemned, listed.checkpoint) != nullptr)
          continue;
        chosen.push_back(&listed);
        ++taken;
      }
    }
    return chosen;
  }

  void look_into(std::vector<Listed>& all) {
    std::vector<Listed*> chosen = choose(all);
    std::ranges::reverse(chosen);  // the oldest first: what is good is the measure of the next
    Tree reference;
    for (Listed* listed : chosen) {
      Look seen = look(listed->checkpoint, wish_.level);
      keep(*listed, seen);
      if (seen.judgement.verdict != Verdict::good) continue;
      reference = std::move(seen.tree);
      context_.reference = &reference;
      context_.reference_step = listed->checkpoint.step;
    }
  }

  const Disk& disk_;
  const Layout& layout_;
  const Wish& wish_;
  Context context_;
  std::vector<Checkpoint> candidates_;
};

}  // namespace

Result<Catalogue> read_catalogue(const Disk& root, const Wish& wish, Time now) {
  Catalogue catalogue;
  auto listing = root.list("", wish.limits.candidates);
  if (!listing && listing.error().kind == FailureKind::not_found) {
    catalogue.ground = Ground::absent;
    return catalogue;
  }
  if (!listing) return listing.error();
  if (!listing->whole) return crowded(wish.limits);
  catalogue.ground = ground_of(*listing, catalogue.foreign);
  Root seen(root, std::move(*listing), wish.limits, wish.marker);
  Survey survey;
  const auto layout = recognise(seen, wish, survey);
  if (!layout) return layout.error();
  catalogue.notes = std::move(survey.notes);
  if (!catalogue.notes.empty()) catalogue.ground = Ground::inhabited;
  if (*layout == nullptr) return catalogue;
  catalogue.format = (*layout)->name();
  if (!survey.checkpoints.empty()) catalogue.ground = Ground::inhabited;
  catalogue.newest_first = Reading(root, **layout, wish, now).read(std::move(survey.checkpoints));
  return catalogue;
}

Result<Listed> read_checkpoint(const Disk& root,
                               const std::string& path,
                               const Wish& wish,
                               Time now) {
  auto listing = root.list("", wish.limits.candidates);
  if (!listing) return listing.error();
  Root seen(root, std::move(*listing), wish.limits, wish.marker);
  const Layout* const wished = find_layout(wish.format);
  for (const Layout* layout : wished != nullptr ? std::span(&wished, 1) : asked(wish)) {
    const Survey survey = layout->survey(seen);
    const auto found = std::ranges::find_if(
        survey.checkpoints, [&](const Checkpoint& one) { return is_named(one, path); });
    if (found == survey.checkpoints.end()) continue;
    Context context = context_of(wish, now);
    context.siblings = survey.checkpoints;
    const Look look = look_at(root, *layout, *found, wish.level, context, wish.manifests);
    if (look.gone) break;
    Listed listed{*found, {}, 0, 0, {}};
    keep(listed, look);
    return listed;
  }
  return Failure{FailureKind::not_found,
                 cat(path, " is no checkpoint of a format known here"),
                 "name its format, or a marker file that ends it",
                 {}};
}

}  // namespace holdfast::checkpoint
