// Consume, transform, produce in a group (KIP-447): the anomalies that have to do with it, in histories written by
// hand.
#include <set>

#include "sim/history/checker.h"
#include "sim/history/testing.h"

namespace antiphon::sim {
namespace {

struct Case {
  const char* name;
  const char* lines;
  std::set<Anomaly> anomalies;
};

// The input 'a' in topic in; 'A' and 'B' in topic t are made of it.
constexpr const char* kInput = R"({'what':'transforms','group':'g','topic':'in'}
{'what':'send','topic':'in','value':'a'}
{'what':'sent','topic':'in','value':'a','outcome':'ok','offset':0}
{'what':'log','topic':'in','offset':1,'records':[[0,'a']]}
{'what':'log','topic':'in','offset':1,'records':[[0,'a']],'committed_only':true}
)";
constexpr const char* kA = R"({'what':'begin','transaction':'1'}
{'what':'send','value':'A','transaction':'1','of':'a'}
{'what':'sent','value':'A','outcome':'ok','offset':0}
{'what':'end','transaction':'1','commits':true}
{'what':'ended','transaction':'1','outcome':'ok'}
)";
constexpr const char* kB = R"({'what':'begin','transaction':'2'}
{'what':'send','value':'B','transaction':'2','of':'a'}
{'what':'sent','value':'B','outcome':'ok','offset':2}
{'what':'end','transaction':'2','commits':true}
{'what':'ended','transaction':'2','outcome':'ok'}
)";
constexpr const char* kLogOfA = R"({'what':'log','offset':2,'records':[[0,'A']]}
{'what':'log','offset':2,'records':[[0,'A']],'committed_only':true}
)";
constexpr const char* kLogOfBoth = R"({'what':'log','offset':4,'records':[[0,'A'],[2,'B']]}
{'what':'log','offset':4,'records':[[0,'A'],[2,'B']],'committed_only':true}
)";
constexpr const char* kLogOfNone = R"({'what':'log','offset':2,'records':[[0,'A']]}
{'what':'log','offset':2,'committed_only':true}
)";

std::set<Anomaly> anomalies_of(const Verdict& verdict) {
  std::set<Anomaly> all;
  for (const Finding& finding : verdict.findings) all.insert(finding.anomaly);
  return all;
}

TEST(ExactlyOnce, OneCommittedRecordOfEachInput) {
  const Verdict verdict = judge(history_of(std::string(kInput) + kA + kLogOfA));
  EXPECT_EQ(anomalies_of(verdict), std::set<Anomaly>{});
  EXPECT_EQ(verdict.transformed, 1U);
}

TEST(ExactlyOnce, TwoCommittedRecordsOfOneInputAreFound) {
  const Verdict verdict = judge(history_of(std::string(kInput) + kA + kB + kLogOfBoth));
  EXPECT_EQ(anomalies_of(verdict), std::set{Anomaly::kNotExactlyOnce});
  EXPECT_NE(verdict.findings.at(0).what.find("'B' of transaction 2"), std::string::npos) << verdict.findings.at(0).what;
}

TEST(ExactlyOnce, AnInputOfWhichNothingIsMadeIsFound) {
  EXPECT_EQ(anomalies_of(judge(history_of(kInput))), std::set{Anomaly::kNotExactlyOnce});
  std::string aborted = kA;
  aborted.replace(aborted.find("'commits':true"), 14, "'commits':false");
  EXPECT_EQ(anomalies_of(judge(history_of(kInput + aborted + kLogOfNone))), std::set{Anomaly::kNotExactlyOnce});
}

class Generations : public ::testing::TestWithParam<Case> {};

// Who is given partition 0 of t, and whose commit is answered how.
TEST_P(Generations, AreKnown) {
  const Verdict verdict = judge(history_of(GetParam().lines));
  std::set<Anomaly> all = anomalies_of(verdict);
  all.erase(Anomaly::kLostOffsets);
  EXPECT_EQ(all, GetParam().anomalies);
}

INSTANTIATE_TEST_SUITE_P(Histories, Generations,
                         ::testing::Values(Case{"TheOwnersCommit",
                                                R"({'what':'join','process':'p','group':'g'}
{'what':'assigned','process':'p','group':'g','generation':1}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {}},
                                           Case{"ACommitOfTheGenerationBeforeIsTaken",
                                                R"({'what':'assigned','process':'p','group':'g','generation':1}
{'what':'assigned','process':'q','group':'g','generation':2}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {Anomaly::kOldGeneration}},
                                           Case{"ACommitThatWasSentBeforeTheNextGeneration",
                                                R"({'what':'assigned','process':'p','group':'g','generation':1}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'assigned','process':'q','group':'g','generation':2}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {}},
                                           Case{"AnotherProcessTookThePlaceInTheSameGeneration",
                                                R"({'what':'join','process':'p','group':'g'}
{'what':'assigned','process':'p','group':'g','generation':1}
{'what':'join','process':'q','group':'g'}
{'what':'assigned','process':'q','group':'g','generation':1}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {Anomaly::kOldGeneration}},
                                           Case{"OfTwoProcessesInOneGenerationNobodyKnowsWhichCameLast",
                                                R"({'what':'join','process':'p','group':'g'}
{'what':'join','process':'q','group':'g'}
{'what':'assigned','process':'p','group':'g','generation':1}
{'what':'assigned','process':'q','group':'g','generation':1}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {}},
                                           Case{"AGroupThatWasMadeAnewCountsFromTheBeginning",
                                                R"({'what':'assigned','process':'q','group':'g','generation':7}
{'what':'assigned','process':'p','group':'g','generation':1}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {}},
                                           Case{"TheSameOffsetOnceMoreWithTheNewGeneration",
                                                R"({'what':'assigned','process':'p','group':'g','generation':1}
{'what':'assigned','process':'q','group':'g','generation':2}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'assigned','process':'p','group':'g','generation':3}
{'what':'commit','process':'p','group':'g','offset':5,'generation':3}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'ok'})",
                                                {}}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(CheckerTest, RefusedCommitsOfAnOldGenerationAreCounted) {
  const Verdict verdict = judge(history_of(R"({'what':'assigned','process':'p','group':'g','generation':1}
{'what':'assigned','process':'q','group':'g','generation':2}
{'what':'commit','process':'p','group':'g','offset':5,'generation':1}
{'what':'committed','process':'p','group':'g','offset':5,'outcome':'failed'})"));
  EXPECT_TRUE(verdict.findings.empty());
  EXPECT_EQ(verdict.zombies_fenced, 1U);
}

}  // namespace
}  // namespace antiphon::sim
