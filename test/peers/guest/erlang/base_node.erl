%% Erlang/OTP's own Diameter, over its diameter_sctp: listens, and connects to port 3868 of the other end.
-module(base_node).
-export([main/0]).
-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3]).
-export([handle_answer/4, handle_error/4, handle_request/3]).

main() ->
    ok = diameter:start(),
    true = diameter:subscribe(guest),
    ok = diameter:start_service(guest, [
        {'Origin-Host', "erlang.guest"}, {'Origin-Realm', "guest"}, {'Vendor-Id', 0}, {'Product-Name', "OTP"},
        {'Auth-Application-Id', [0]}, {restrict_connections, false},
        {application, [{alias, base}, {dictionary, diameter_gen_base_rfc6733}, {module, ?MODULE}]}]),
    add({listen, [{transport_config, [{port, 3869} | addresses()]}]}),
    add({connect, [{connect_timer, 3000}, {transport_config,
        [{raddr, {10, 201, 1, 1}}, {raddr, {10, 201, 2, 1}}, {rport, 3868}, {port, 0} | addresses()]}]}),
    io:format("listening~n"),
    loop().

addresses() -> [{ip, {10, 201, 1, 2}}, {ip, {10, 201, 2, 2}}].

add({Kind, Options}) ->
    {ok, _} = diameter:add_transport(guest, {Kind, [{transport_module, diameter_sctp}, {watchdog_timer, 6000} | Options]}).

%% What the service tells: {up, …}, {down, …} and {watchdog, …, {From, To}, …} among others.
loop() ->
    receive Event -> io:format("event ~s~n", [lists:sublist(lists:flatten(io_lib:format("~0p", [Event])), 200)]) end,
    loop().

peer_up(_Service, _Peer, State) -> State.
peer_down(_Service, _Peer, State) -> State.
pick_peer([Peer | _], _, _, _) -> {ok, Peer};
pick_peer(_, _, _, _) -> false.
prepare_request(Packet, _, _) -> {send, Packet}.
prepare_retransmit(Packet, _, _) -> {send, Packet}.
handle_answer(Packet, _, _, _) -> Packet.
handle_error(Reason, _, _, _) -> {error, Reason}.
handle_request(_, _, _) -> discard.
