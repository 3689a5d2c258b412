// The plain parts: targets, routes, heads, the gate, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "adapters/http/gate.h"
#include "adapters/http/query.h"
#include "adapters/http/response_head.h"
#include "adapters/http/routes.h"
#include "adapters/http/server.h"
#include "adapters/http/static_files.h"

namespace antiphon::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Target, SegmentsAndParametersAreDecoded) {
  const auto target = parse_target("/a%20b/%C3%A9/?x=1+2%2B&y&x=later#z");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->text, "/a%20b/%C3%A9/?x=1+2%2B&y&x=later");
  EXPECT_THAT(target->segments, ElementsAre("a b", "\xC3\xA9"));
  EXPECT_EQ(target->query.get("x"), "1 2+");
  EXPECT_EQ(target->query.get("y"), "");
  EXPECT_FALSE(target->query.get("z"));
  EXPECT_EQ(parse_target("/")->path(), "/");
}

struct BadTarget {
  const char* name;
  std::string target;
};
class RefusedTargets : public ::testing::TestWithParam<BadTarget> {};
TEST_P(RefusedTargets, AreRefused) { EXPECT_FALSE(parse_target(GetParam().target)) << GetParam().target; }
INSTANTIATE_TEST_SUITE_P(Named, RefusedTargets,
                         ::testing::Values(BadTarget{"empty", ""}, BadTarget{"relative", "a"},
                                           BadTarget{"absolute_form", "http://x/"}, BadTarget{"dots", "/a/../b"},
                                           BadTarget{"escaped_dots", "/a/%2e%2e/b"}, BadTarget{"dot", "/./a"},
                                           BadTarget{"escaped_slash", "/a%2fb"}, BadTarget{"backslash", "/a%5cb"},
                                           BadTarget{"nul", "/a%00b"}, BadTarget{"double_slash", "/a//b"},
                                           BadTarget{"cut_escape", "/a%2"}, BadTarget{"no_hex", "/a%zz"},
                                           BadTarget{"query_escape", "/a?x=%"},
                                           BadTarget{"too_deep",
                                                     [] {
                                                       std::string deep;
                                                       for (std::size_t i = 0; i <= kPathSegmentsMax; ++i) deep += "/a";
                                                       return deep;
                                                     }()},
                                           BadTarget{"too_many_parameters",
                                                     [] {
                                                       std::string many = "/?";
                                                       for (std::size_t i = 0; i <= kQueryParametersMax; ++i)
                                                         many += "a=1&";
                                                       return many;
                                                     }()}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(HostPort, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:80")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address(":8080")->host, "0.0.0.0");
  EXPECT_FALSE(parse_listen_address("8080"));
}

TEST(Routes, TheFirstThatFitsAnswersAndOthersSayWhatIsServed) {
  Routes routes;
  const Handler nothing = [](const Request&, const Responder&) {};
  routes.add(Method::kGet, "/a/{x}", nothing);
  routes.add(Method::kPut, "/a/{x}", nothing, {.body_bytes_max = 7});
  const auto find = [&](Method method, const char* target) { return routes.find(method, *parse_target(target)); };
  const auto put = std::get<Routes::Match>(find(Method::kPut, "/a/b%20c"));
  EXPECT_EQ(put.route, 1U);
  EXPECT_THAT(put.captures, ElementsAre("b c"));
  EXPECT_EQ(std::get<Routes::Match>(find(Method::kHead, "/a/b")).route, 0U);
  EXPECT_EQ(std::get<Routes::Mismatch>(find(Method::kDelete, "/a/b")).allow, "GET, HEAD, PUT");
  EXPECT_EQ(std::get<Routes::Mismatch>(find(Method::kGet, "/a")).status, 404);
  routes.set_fallback(nothing);
  EXPECT_EQ(std::get<Routes::Match>(find(Method::kGet, "/else")).route, 2U);
  EXPECT_EQ(std::get<Routes::Mismatch>(find(Method::kPut, "/else")).status, 405);
}

TEST(ResponseHead, NoValueCanEndAHeader) {
  Response response = Response::text(200, "hi").with("X-Evil", "a\r\nSet-Cookie: b").with("X-Good", "c");
  const std::string head = response_head(response, {true, "default-src 'none'", WallTime{}});
  EXPECT_THAT(head, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(head, HasSubstr("X-Good: c\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n");
}

TEST(ResponseHead, DatesAndStatusesWithoutABody) {
  EXPECT_EQ(http_date(from_unix_ms(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_THAT(response_head(Response::empty(204), {false, "", WallTime{}}), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(response_head(Response::empty(204), {false, "", WallTime{}}), HasSubstr("Connection: close"));
  const std::string passed_on = response_head(Response::empty(204).with("Date", "its own"), {false, "", WallTime{}});
  EXPECT_THAT(passed_on, HasSubstr("Date: its own"));
  EXPECT_THAT(passed_on, Not(HasSubstr("1970")));
}

TEST(Gate, ConnectionsAreBoundedInAllAndPerAddress) {
  ServerLimits limits;
  limits.connections_max = 3;
  limits.connections_per_address_max = 2;
  Gate gate(limits);
  EXPECT_TRUE(gate.open_connection("10.0.0.1"));
  EXPECT_TRUE(gate.open_connection("10.0.0.1"));
  EXPECT_FALSE(gate.open_connection("10.0.0.1"));
  EXPECT_TRUE(gate.open_connection("10.0.0.2"));
  EXPECT_FALSE(gate.open_connection("10.0.0.3"));
  gate.close_connection("10.0.0.1");
  EXPECT_TRUE(gate.open_connection("10.0.0.3"));
}

TEST(Gate, AnExemptConnectionCountsInAllAndNotForItsAddress) {
  ServerLimits limits;
  limits.connections_max = 3;
  limits.connections_per_address_max = 1;
  Gate gate(limits);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(gate.open_connection("10.0.0.1"));
    gate.exempt_connection("10.0.0.1");
  }
  EXPECT_TRUE(gate.open_connection("10.0.0.1"));
  EXPECT_FALSE(gate.open_connection("10.0.0.2"));
  gate.close_exempt_connection();
  EXPECT_FALSE(gate.open_connection("10.0.0.1"));
  EXPECT_TRUE(gate.open_connection("10.0.0.2"));
  EXPECT_EQ(gate.connections(), 3U);
}

TEST(Gate, RequestsPerSecondAreAllowedTwiceAtOnceAndThenAtTheirRate) {
  ServerLimits limits;
  limits.requests_per_second_and_address = 10;
  Gate gate(limits);
  MonoTime now{seconds{100}};
  int allowed = 0;
  for (int i = 0; i < 100; ++i) allowed += gate.take_request("10.0.0.1", now);
  EXPECT_EQ(allowed, 20);
  EXPECT_TRUE(gate.take_request("10.0.0.2", now));
  now += milliseconds{500};
  allowed = 0;
  for (int i = 0; i < 100; ++i) allowed += gate.take_request("10.0.0.1", now);
  EXPECT_EQ(allowed, 5);
}

TEST(Gate, AnAddressOfIPv6IsItsNetwork) {
  EXPECT_EQ(Gate::key_of("2001:db8:1:2:3:4:5:6"), Gate::key_of("2001:db8:1:2::9"));
  EXPECT_NE(Gate::key_of("2001:db8:1:2::9"), Gate::key_of("2001:db8:1:3::9"));
  EXPECT_EQ(Gate::key_of("10.1.2.3"), "10.1.2.3");
}

TEST(Gate, LoopbackIsExemptOnlyBySetting) {
  ServerLimits limits;
  limits.requests_per_second_and_address = 1;
  limits.connections_per_address_max = 1;
  for (const bool exempt : {false, true}) {
    limits.loopback_exempt = exempt;
    Gate gate(limits);
    for (int i = 0; i < 2; ++i) gate.take_request("127.0.0.1", MonoTime{});
    EXPECT_EQ(gate.take_request("127.0.0.1", MonoTime{}), exempt);
    EXPECT_TRUE(gate.open_connection("::1"));
    EXPECT_EQ(gate.open_connection("::1"), exempt);
  }
}

TEST(Gate, RemembersSoManyAddressesAndForgetsThoseThatAreQuiet) {
  ServerLimits limits;
  limits.addresses_max = 2;
  limits.requests_per_second_and_address = 10;
  Gate gate(limits);
  MonoTime now{seconds{100}};
  EXPECT_TRUE(gate.take_request("10.0.0.1", now));
  EXPECT_TRUE(gate.take_request("10.0.0.2", now));
  EXPECT_FALSE(gate.take_request("10.0.0.3", now));
  now += seconds{2};
  EXPECT_TRUE(gate.take_request("10.0.0.3", now));
}

TEST(Gate, BytesAreReservedUpToTheirLimit) {
  ServerLimits limits;
  limits.bodies_bytes_max = 100;
  Gate gate(limits);
  EXPECT_TRUE(gate.reserve_bytes(60));
  EXPECT_FALSE(gate.reserve_bytes(41));
  EXPECT_TRUE(gate.reserve_bytes(40));
  gate.release_bytes(60);
  EXPECT_EQ(gate.reserved_bytes(), 40U);
}

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() : folder_(std::filesystem::temp_directory_path() / ("antiphon-files-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_ / "assets");
    write("index.html", "<!doctype html>" + std::string(5000, 'x'));
    write("assets/app-3F2A9C1B.js", "let a = 1;" + std::string(5000, 'y'));
    write("assets/background-image.svg", "<svg/>");
    write(".secret", "no");
  }
  ~StaticFilesTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& content) const { std::ofstream(folder_ / name) << content; }
  static Request get(const char* target, Headers headers = {}) {
    Request request;
    request.target = *parse_target(target);
    request.headers = std::move(headers);
    return request;
  }
  const std::filesystem::path folder_;
};

TEST_F(StaticFilesTest, AreServedFromMemoryWithTheirTypesAndPolicy) {
  const auto files = StaticFiles::load(folder_.string());
  ASSERT_TRUE(files);
  EXPECT_EQ(files->size(), 3U);
  std::filesystem::remove_all(folder_);
  const Response page = files->serve(get("/?locale=sw"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(find_header(page.headers, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(find_header(page.headers, "Cache-Control"), "no-cache");
  EXPECT_THAT(std::string(*find_header(page.headers, "Content-Security-Policy")), HasSubstr("default-src 'none'"));
  EXPECT_EQ(files->serve(get("/.secret")).status, 404);
  EXPECT_EQ(files->serve(get("/assets")).status, 404);
}

TEST_F(StaticFilesTest, ANameWithItsHashMayBeKeptForEver) {
  const auto files = StaticFiles::load(folder_.string());
  EXPECT_THAT(std::string(*find_header(files->serve(get("/assets/app-3F2A9C1B.js")).headers, "Cache-Control")),
              HasSubstr("immutable"));
  EXPECT_EQ(find_header(files->serve(get("/assets/background-image.svg")).headers, "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, CompressedForWhoTakesItAndNotModifiedForWhoHasIt) {
  const auto files = StaticFiles::load(folder_.string());
  const Response packed = files->serve(get("/", {{"accept-encoding", "br, gzip"}}));
  EXPECT_EQ(find_header(packed.headers, "Content-Encoding"), "gzip");
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string plain(10'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.shared_body->data()));
  stream.avail_in = static_cast<uInt>(packed.shared_body->size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  const Response whole = files->serve(get("/"));
  EXPECT_EQ(plain, *whole.shared_body);
  const std::string etag(*find_header(whole.headers, "ETag"));
  EXPECT_NE(etag, *find_header(packed.headers, "ETag"));
  EXPECT_EQ(files->serve(get("/", {{"If-None-Match", etag}})).status, 304);
  EXPECT_EQ(files->serve(get("/", {{"If-None-Match", "\"other\""}})).status, 200);
}

TEST_F(StaticFilesTest, AFolderThatIsNotThereIsSaid) {
  EXPECT_EQ(StaticFiles::load("/nowhere").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace antiphon::http
