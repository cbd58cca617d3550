%% gen_sctp with its defaults: it announces a window of 1,500 bytes. Listens on port 5006, connects to port 5006 of the
%% other end, and sends back what it receives.
-module(echo).
-export([main/0]).
-include_lib("kernel/include/inet_sctp.hrl").

main() ->
    Options = [{ip, {10, 201, 1, 2}}, {ip, {10, 201, 2, 2}}, {active, true}, binary],
    {ok, Listening} = gen_sctp:open([{port, 5006} | Options]),
    ok = gen_sctp:listen(Listening, true),
    {ok, Connecting} = gen_sctp:open(Options),
    ok = gen_sctp:connect_init(Connecting, {10, 201, 1, 1}, 5006, []),
    io:format("listening~n"),
    loop().

loop() ->
    receive
        {sctp, Socket, _, _, {[#sctp_sndrcvinfo{assoc_id = Id, stream = Stream, ppid = Ppid}], Data}} when is_binary(Data) ->
            ok = gen_sctp:send(Socket, #sctp_sndrcvinfo{assoc_id = Id, stream = Stream, ppid = Ppid}, Data);
        {sctp, _, _, _, {_, #sctp_assoc_change{state = State}}} ->
            io:format("association ~w~n", [State]);
        Other ->
            io:format("event ~0p~n", [Other])
    end,
    loop().
