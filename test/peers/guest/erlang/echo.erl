%% gen_sctp with its defaults: it announces a window of 1,500 bytes. Sends back what it receives.
-module(echo).
-export([listen/0, connect/0]).
-include_lib("kernel/include/inet_sctp.hrl").

addresses() -> [{ip, {10, 201, 1, 2}}, {ip, {10, 201, 2, 2}}].

listen() ->
    {ok, Socket} = gen_sctp:open([{port, 5006}, {active, true}, binary | addresses()]),
    ok = gen_sctp:listen(Socket, true),
    io:format("listening~n"),
    loop(Socket).

connect() ->
    {ok, Socket} = gen_sctp:open([{active, true}, binary | addresses()]),
    {ok, _} = gen_sctp:connectx_init(Socket, [{10, 201, 1, 1}, {10, 201, 2, 1}], 5006, []),
    loop(Socket).

loop(Socket) ->
    receive
        {sctp, Socket, _, _, {[#sctp_sndrcvinfo{assoc_id = Id, stream = Stream, ppid = Ppid}], Data}} when is_binary(Data) ->
            ok = gen_sctp:send(Socket, #sctp_sndrcvinfo{assoc_id = Id, stream = Stream, ppid = Ppid}, Data);
        {sctp, Socket, _, _, {_, #sctp_assoc_change{state = State}}} ->
            io:format("association ~w~n", [State]);
        Other ->
            io:format("~0p~n", [Other])
    end,
    loop(Socket).
